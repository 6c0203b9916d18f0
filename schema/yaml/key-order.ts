/** The position of keys and of the comments above them after a key is added or deleted. */
import { type Document, isMap, isScalar, Scalar } from "yaml";

/** A new description is the first key, below the comment about the file. */
export function moveToTop({ contents }: Document): void {
  if (!isMap(contents)) return;
  const first = contents.items[0]?.key;
  const added = contents.items.pop();
  if (!added) return;
  const key = new Scalar("description");
  contents.items.unshift(Object.assign(added, { key }));
  if (!isScalar(first)) return;
  key.commentBefore = first.commentBefore ?? null;
  first.commentBefore = null;
}

/** The comment above the first key is about the file. If that key is deleted, the next one gets it. */
export function keepFirstComment({ contents }: Document, path: readonly string[]): void {
  if (!isMap(contents) || path.length > 1) return;
  const [first, second] = contents.items.map(({ key }) => key);
  if (!isScalar(first) || first.value !== path[0] || !isScalar(second)) return;
  const comments = [first.commentBefore, second.commentBefore].filter(Boolean);
  if (comments.length > 0) second.commentBefore = comments.join("\n");
}

/** A new `rollout` is read together with `enabled`; other new keys are the last ones. */
export function moveBehindEnabled(document: Document, path: readonly string[]): void {
  const block = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(block)) return;
  const enabled = block.items.findIndex(({ key }) => isScalar(key) && key.value === "enabled");
  const added = block.items.pop();
  if (added) block.items.splice(enabled + 1 || block.items.length, 0, added);
}
