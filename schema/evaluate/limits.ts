/** Maximum number of flags after the first one in a chain of `requires`. */
export const maxRequired = 5;

/**
 * Maximum number of flags that one evaluation reads, each as often as it is required. Valid files need
 * 1,001: ten required flags with 100 each. In other documents, five levels of long lists would take
 * hours; there, a required flag counts as missing from then on.
 */
export const maxRead = 1_001;
