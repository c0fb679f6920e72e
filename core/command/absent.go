package command

import "strings"

// absent are commands of the reference that aren't here yet: nobody can give them, but the rules of users may name them, and a
// file with such rules has to load. A container is followed by its subcommands.
var absent = [...]string{
	"asking", "clusterscan", "failover", "psync", "readonly", "readwrite", "replconf", "replicaof", "slaveof", "sync",
	"cluster addslots addslotsrange bumpepoch cancelslotmigrations count-failure-reports countkeysinslot delslots delslotsrange failover " +
		"flushslot flushslots forget getkeysinslot getslotmigrations help info keyslot links meet migrateslots myid myshardid nodes replicas " +
		"replicate reset saveconfig set-config-epoch setslot shards slaves slot-stats slots syncslots",
	"module help list load loadex unload",
	"sentinel ckquorum config debug failover flushconfig get-master-addr-by-name get-primary-addr-by-name help info-cache " +
		"is-master-down-by-addr is-primary-down-by-addr master masters monitor myid pending-scripts primaries primary remove replicas reset " +
		"sentinels set simulate-failure slaves",
}

// eachAbsent visits the absent commands that have no row: the name of each, and its subcommands'.
func (t *Table) eachAbsent(visit func(name string, subs []string)) {
	for _, line := range absent {
		words := strings.Fields(line)
		if t.Resolve(words[0]) == nil {
			visit(words[0], words[1:])
		}
	}
}
