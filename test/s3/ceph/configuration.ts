export interface CephPorts {
  readonly monitor: number;
  readonly gateway: number;
  /** The first of a hundred ports, of which the disk uses the first four that are free. */
  readonly disk: number;
}

/** The minimal configuration of a cluster with one monitor, one disk in memory and one gateway in `folder`. */
export function cephConfiguration(folder: string, { monitor, gateway, disk }: CephPorts): string {
  return `
[global]
fsid = 00000000-0000-4000-8000-000000000000
mon_host = [v2:127.0.0.1:${monitor}]
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
ms_bind_port_min = ${disk}
ms_bind_port_max = ${disk + 99}

# Everyone on loopback is trusted, so there are no keyrings, and connections cannot be encrypted.
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc
keyring = /dev/null

run_dir = ${folder}
admin_socket =
pid_file =
log_file = ${folder}/$name.log
mon_data = ${folder}/mon
osd_data = ${folder}/osd
osd_objectstore = memstore

# One copy on one disk, and each change of the cluster's map at once rather than after a second.
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
paxos_propose_interval = 0.02

rgw_frontends = beast endpoint=127.0.0.1:${gateway}
`;
}
