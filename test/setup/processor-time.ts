/** The processor time of `work`, in milliseconds. Other programs on the machine do not count. */
export function processorTimeMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
