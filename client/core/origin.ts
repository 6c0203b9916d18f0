/** Where a copy of the list comes from. */
export type Origin = typeof FROM_CACHE | typeof FROM_PEER_TAB | typeof FROM_NETWORK;

/** The bootstrap, or the copy that was stored during an earlier visit. */
export const FROM_CACHE = 0;
/** Another tab fetched it, or received it over its event stream. */
export const FROM_PEER_TAB = 1;
/** This client fetched it. */
export const FROM_NETWORK = 2;
