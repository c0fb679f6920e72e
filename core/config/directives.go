package config

import "math"

// The directives. A row of the table below has the same name; both are in the order of the directives' names.
const (
	ACLFilterKeys ID = iota
	ACLPubsubDefault
	ACLFile
	ACLLogMaxLen
	ActiveDefragCycleMax
	ActiveDefragCycleMin
	ActiveDefragCycleUS
	ActiveDefragIgnoreBytes
	ActiveDefragMaxScanFields
	ActiveDefragThresholdLower
	ActiveDefragThresholdUpper
	ActiveExpireEffort
	ActiveDefrag
	ActiveRehashing
	AlwaysShowLogo
	AOFDisableAutoGC
	AOFLoadTruncated
	AOFRewriteCPUList
	AOFRewriteIncrementalFsync
	AOFTimestampEnabled
	AOFUseRDBPreamble
	AppendDirname
	AppendFilename
	AppendFsync
	AppendOnly
	AuthBackoffInitial
	AuthBackoffMax
	AutoAOFRewriteMinSize
	AutoAOFRewritePercentage
	AvailabilityZone
	BgsaveCPUList
	BgsaveDefaultMethod
	Bind
	BindSourceAddr
	BioCPUList
	BusyReplyThreshold
	ClientDefaultRESP
	ClientOutputBufferLimit
	ClientQueryBufferLimit
	ClusterAllowPubsubShardWhenDown
	ClusterAllowReadsWhenDown
	ClusterAllowReplicaMigration
	ClusterAnnounceBusPort
	ClusterAnnounceClientIPv4
	ClusterAnnounceClientIPv6
	ClusterAnnounceClientPort
	ClusterAnnounceClientTLSPort
	ClusterAnnounceHostname
	ClusterAnnounceHumanNodeName
	ClusterAnnounceIP
	ClusterAnnouncePort
	ClusterAnnounceTLSPort
	ClusterBlacklistTTL
	ClusterConfigFile
	ClusterConfigSaveBehavior
	ClusterDatabases
	ClusterEnabled
	ClusterLinkSendBufLimit
	ClusterManualFailoverTimeout
	ClusterMessageGossipPerc
	ClusterMigrationBarrier
	ClusterNodeTimeout
	ClusterPingInterval
	ClusterPort
	ClusterPreferredEndpointType
	ClusterReplicaNoFailover
	ClusterReplicaValidityFactor
	ClusterRequireFullCoverage
	ClusterSlotMigrationLogMaxLen
	ClusterSlotStatsEnabled
	CommandLogExecutionSlowerThan
	CommandLogLargeReplyMaxLen
	CommandLogLargeRequestMaxLen
	CommandLogReplyLargerThan
	CommandLogRequestLargerThan
	CommandLogShowWaiting
	CommandLogSlowExecutionMaxLen
	CrashLogEnabled
	CrashMemcheckEnabled
	Daemonize
	Databases
	DBFilename
	DebugContext
	Dir
	DisableTHP
	DualChannelReplicationEnabled
	DynamicHZ
	EnableDebugAssert
	EnableDebugCommand
	EnableModuleCommand
	EnableProtectedConfigs
	EncryptionKeyFile
	EventsPerIOThread
	ExtendedRedisCompatibility
	ForklessInfrastructureEnabled
	HashMaxListpackEntries
	HashMaxListpackValue
	HashSeed
	HideUserDataFromLog
	HLLSparseMaxBytes
	HotKeysSamplingPercentage
	HotKeysTopK
	HotKeysWindowSeconds
	HZ
	IgnoreWarnings
	ImportMode
	IOEngine
	IOThreads
	IOThreadsAlwaysActive
	JemallocBgThread
	KeyLoadDelay
	LatencyMonitorThreshold
	LatencyTracking
	LatencyTrackingInfoPercentiles
	LazyfreeLazyEviction
	LazyfreeLazyExpire
	LazyfreeLazyServerDel
	LazyfreeLazyUserDel
	LazyfreeLazyUserFlush
	LFUDecayTime
	LFULogFactor
	ListCompressDepth
	ListMaxListpackSize
	LoadingProcessEventsIntervalBytes
	LocaleCollate
	LogFormat
	LogTimestampFormat
	LogFile
	LogLevel
	LuaEnableInsecureAPI
	MaxNewConnectionsPerCycle
	MaxNewTLSConnectionsPerCycle
	MaxClients
	MaxMemory
	MaxMemoryClients
	MaxMemoryEvictionTenacity
	MaxMemoryPolicy
	MaxMemorySamples
	MinIOThreadsAvoidCopyReply
	MinReplicasMaxLag
	MinReplicasToWrite
	MinStringSizeAvoidCopyReply
	MinStringSizeAvoidCopyReplyThreaded
	MPTCP
	NoAppendFsyncOnRewrite
	NotifyKeyspaceEvents
	OOMScoreAdj
	OOMScoreAdjValues
	Partitions
	PidFile
	Port
	PrefetchBatchMaxSize
	PrimaryAuth
	PrimaryUser
	ProcTitleTemplate
	PropagationErrorBehavior
	ProtectedMode
	ProtoMaxBulkLen
	RDBDelSyncFiles
	RDBKeySaveDelay
	RDBSaveIncrementalFsync
	RDBVersionCheck
	RDBVersionWrite
	RDBChecksum
	RDBCompression
	RDMABind
	RDMACompletionVector
	RDMAPort
	RDMARXSize
	ReplBacklogSize
	ReplBacklogTTL
	ReplDisableTCPNoDelay
	ReplDisklessLoad
	ReplDisklessSync
	ReplDisklessSyncDelay
	ReplDisklessSyncMaxReplicas
	ReplMPTCP
	ReplPingReplicaPeriod
	ReplTimeout
	ReplicaAnnounceIP
	ReplicaAnnouncePort
	ReplicaAnnounced
	ReplicaIgnoreDiskWriteErrors
	ReplicaIgnoreMaxMemory
	ReplicaLazyFlush
	ReplicaPriority
	ReplicaReadOnly
	ReplicaServeStaleData
	ReplicaOf
	ReqResLogFile
	RequirePass
	SanitizeDumpPayload
	Save
	ScriptMemoryLimit
	ServerCPUList
	SetMaxIntsetEntries
	SetMaxListpackEntries
	SetMaxListpackValue
	SetProcTitle
	ShutdownOnSIGINT
	ShutdownOnSIGTERM
	ShutdownTimeout
	SlotMigrationMaxFailoverReplBytes
	SnapshotCron
	SnapshotMemoryBudget
	SocketMarkID
	StopWritesOnBgsaveError
	StreamNodeMaxBytes
	StreamNodeMaxEntries
	Supervised
	SyslogEnabled
	SyslogFacility
	SyslogIdent
	TCPBacklog
	TCPKeepAlive
	Timeout
	TLSAuthClients
	TLSAuthClientsUser
	TLSAutoReloadInterval
	TLSCACertDir
	TLSCACertFile
	TLSCertFile
	TLSCiphers
	TLSCipherSuites
	TLSClientCertFile
	TLSClientKeyFile
	TLSClientKeyFilePass
	TLSCluster
	TLSDHParamsFile
	TLSKeyFile
	TLSKeyFilePass
	TLSPort
	TLSPreferServerCiphers
	TLSProtocols
	TLSReplication
	TLSSessionCacheSize
	TLSSessionCacheTimeout
	TLSSessionCaching
	TrackingTableMaxKeys
	UnixSocket
	UnixSocketGroup
	UnixSocketPerm
	UseExitOnPanic
	WatchdogPeriod
	ZSetMaxListpackEntries
	ZSetMaxListpackValue
	idCount
)

// directives is the whole declaration of the configuration: a directive a line. Everything else (the parser, CONFIG GET,
// CONFIG SET, CONFIG REWRITE) is derived from it. It is never changed.
var directives = [idCount]Directive{
	ACLFilterKeys:                       yesno("acl-filter-keys", false),
	ACLPubsubDefault:                    enum("acl-pubsub-default", "resetchannels", aclPubsubDefaults),
	ACLFile:                             text("aclfile", "").flags(Immutable),
	ACLLogMaxLen:                        unsigned("acllog-max-len", 128, 0, math.MaxInt64),
	ActiveDefragCycleMax:                integer("active-defrag-cycle-max", 25, 1, 99),
	ActiveDefragCycleMin:                integer("active-defrag-cycle-min", 1, 1, 99),
	ActiveDefragCycleUS:                 integer("active-defrag-cycle-us", 500, 0, 100000),
	ActiveDefragIgnoreBytes:             unsignedMemory("active-defrag-ignore-bytes", 104857600, 1, math.MaxInt64),
	ActiveDefragMaxScanFields:           unsigned("active-defrag-max-scan-fields", 1000, 1, math.MaxInt64).note(noteNoEffect),
	ActiveDefragThresholdLower:          integer("active-defrag-threshold-lower", 10, 0, 1000),
	ActiveDefragThresholdUpper:          integer("active-defrag-threshold-upper", 100, 0, 1000),
	ActiveExpireEffort:                  integer("active-expire-effort", 1, 1, 10),
	ActiveDefrag:                        yesno("activedefrag", false).flags(Debug),
	ActiveRehashing:                     yesno("activerehashing", true).note(noteNoEffect),
	AlwaysShowLogo:                      yesno("always-show-logo", false).flags(Immutable),
	AOFDisableAutoGC:                    yesno("aof-disable-auto-gc", false).flags(Hidden),
	AOFLoadTruncated:                    yesno("aof-load-truncated", true),
	AOFRewriteCPUList:                   optional("aof-rewrite-cpulist").flags(Immutable).alias("aof_rewrite_cpulist").note(noteNoFork),
	AOFRewriteIncrementalFsync:          yesno("aof-rewrite-incremental-fsync", true).note(noteNoFork),
	AOFTimestampEnabled:                 yesno("aof-timestamp-enabled", false),
	AOFUseRDBPreamble:                   yesno("aof-use-rdb-preamble", true),
	AppendDirname:                       text("appenddirname", "appendonlydir").flags(Immutable).check(baseName("appenddirname", "dirname")),
	AppendFilename:                      text("appendfilename", "appendonly.aof").flags(Immutable).check(baseName("appendfilename", "filename")),
	AppendFsync:                         enum("appendfsync", "everysec", fsyncPolicies),
	AppendOnly:                          yesno("appendonly", false).flags(DenyLoading),
	AuthBackoffInitial:                  integer("auth-backoff-initial", 0, 0, maxBackoffMs),
	AuthBackoffMax:                      integer("auth-backoff-max", 5000, 0, maxBackoffMs),
	AutoAOFRewriteMinSize:               memory("auto-aof-rewrite-min-size", 67108864, 0, math.MaxInt64),
	AutoAOFRewritePercentage:            integer("auto-aof-rewrite-percentage", 100, 0, math.MaxInt32),
	AvailabilityZone:                    text("availability-zone", ""),
	BgsaveCPUList:                       optional("bgsave-cpulist").flags(Immutable).alias("bgsave_cpulist").note(noteNoFork),
	BgsaveDefaultMethod:                 enum("bgsave-default-method", "fork", bgsaveMethods).note(noteNoFork),
	Bind:                                special("bind", "* -::*", bindAddrs).flags(MultiArg),
	BindSourceAddr:                      optional("bind-source-addr"),
	BioCPUList:                          optional("bio-cpulist").flags(Immutable).alias("bio_cpulist"),
	BusyReplyThreshold:                  integer("busy-reply-threshold", 5000, 0, math.MaxInt64).alias("lua-time-limit"),
	ClientDefaultRESP:                   unsigned("client-default-resp", 2, 2, 3).flags(Immutable | Hidden),
	ClientOutputBufferLimit:             special("client-output-buffer-limit", "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60", outputLimits).flags(MultiArg),
	ClientQueryBufferLimit:              unsignedMemory("client-query-buffer-limit", 1073741824, 1048576, math.MaxInt64).flags(Debug),
	ClusterAllowPubsubShardWhenDown:     yesno("cluster-allow-pubsubshard-when-down", true),
	ClusterAllowReadsWhenDown:           yesno("cluster-allow-reads-when-down", false),
	ClusterAllowReplicaMigration:        yesno("cluster-allow-replica-migration", true),
	ClusterAnnounceBusPort:              integer("cluster-announce-bus-port", 0, 0, 65535),
	ClusterAnnounceClientIPv4:           optional("cluster-announce-client-ipv4").check(ipv4),
	ClusterAnnounceClientIPv6:           optional("cluster-announce-client-ipv6").check(ipv6),
	ClusterAnnounceClientPort:           integer("cluster-announce-client-port", 0, 0, 65535),
	ClusterAnnounceClientTLSPort:        integer("cluster-announce-client-tls-port", 0, 0, 65535),
	ClusterAnnounceHostname:             optional("cluster-announce-hostname").check(hostname),
	ClusterAnnounceHumanNodeName:        optional("cluster-announce-human-nodename").check(nodeName),
	ClusterAnnounceIP:                   optional("cluster-announce-ip"),
	ClusterAnnouncePort:                 integer("cluster-announce-port", 0, 0, 65535),
	ClusterAnnounceTLSPort:              integer("cluster-announce-tls-port", 0, 0, 65535),
	ClusterBlacklistTTL:                 unsigned("cluster-blacklist-ttl", 60, 0, math.MaxUint64),
	ClusterConfigFile:                   text("cluster-config-file", "nodes.conf").flags(Immutable).check(notEmpty),
	ClusterConfigSaveBehavior:           enum("cluster-config-save-behavior", "sync", clusterSaves),
	ClusterDatabases:                    integer("cluster-databases", 1, 1, math.MaxInt32).flags(Immutable),
	ClusterEnabled:                      yesno("cluster-enabled", false).flags(Immutable),
	ClusterLinkSendBufLimit:             unsignedMemory("cluster-link-sendbuf-limit", 0, 0, math.MaxUint64),
	ClusterManualFailoverTimeout:        integer("cluster-manual-failover-timeout", 5000, 1, math.MaxInt32),
	ClusterMessageGossipPerc:            integer("cluster-message-gossip-perc", 10, 1, 100),
	ClusterMigrationBarrier:             integer("cluster-migration-barrier", 1, 0, math.MaxInt32),
	ClusterNodeTimeout:                  integer("cluster-node-timeout", 15000, 0, math.MaxInt64),
	ClusterPingInterval:                 integer("cluster-ping-interval", 0, 0, math.MaxInt64).flags(Hidden),
	ClusterPort:                         integer("cluster-port", 0, 0, 65535).flags(Immutable),
	ClusterPreferredEndpointType:        enum("cluster-preferred-endpoint-type", "ip", endpointTypes),
	ClusterReplicaNoFailover:            yesno("cluster-replica-no-failover", false).alias("cluster-slave-no-failover"),
	ClusterReplicaValidityFactor:        integer("cluster-replica-validity-factor", 10, 0, math.MaxInt32).alias("cluster-slave-validity-factor"),
	ClusterRequireFullCoverage:          yesno("cluster-require-full-coverage", true),
	ClusterSlotMigrationLogMaxLen:       unsigned("cluster-slot-migration-log-max-len", 1000, 0, math.MaxInt64),
	ClusterSlotStatsEnabled:             yesno("cluster-slot-stats-enabled", false),
	CommandLogExecutionSlowerThan:       integer("commandlog-execution-slower-than", 10000, -1, math.MaxInt64).alias("slowlog-log-slower-than"),
	CommandLogLargeReplyMaxLen:          unsigned("commandlog-large-reply-max-len", 128, 0, math.MaxInt64),
	CommandLogLargeRequestMaxLen:        unsigned("commandlog-large-request-max-len", 128, 0, math.MaxInt64),
	CommandLogReplyLargerThan:           integer("commandlog-reply-larger-than", 1048576, -1, math.MaxInt64),
	CommandLogRequestLargerThan:         integer("commandlog-request-larger-than", 1048576, -1, math.MaxInt64),
	CommandLogShowWaiting:               yesno("commandlog-show-waiting", false),
	CommandLogSlowExecutionMaxLen:       unsigned("commandlog-slow-execution-max-len", 128, 0, math.MaxInt64).alias("slowlog-max-len"),
	CrashLogEnabled:                     yesno("crash-log-enabled", true),
	CrashMemcheckEnabled:                yesno("crash-memcheck-enabled", true).note(noteNoEffect),
	Daemonize:                           yesno("daemonize", false).flags(Immutable),
	Databases:                           integer("databases", 16, 1, math.MaxInt32).flags(Immutable),
	DBFilename:                          text("dbfilename", "dump.rdb").flags(Protected).check(baseName("dbfilename", "filename")),
	DebugContext:                        text("debug-context", "").flags(Hidden | Debug),
	Dir:                                 special("dir", "./", dirOption).flags(Protected | DenyLoading),
	DisableTHP:                          yesno("disable-thp", true).flags(Immutable),
	DualChannelReplicationEnabled:       yesno("dual-channel-replication-enabled", false).flags(Debug),
	DynamicHZ:                           yesno("dynamic-hz", true).note(noteNoEffect),
	EnableDebugAssert:                   yesno("enable-debug-assert", false).flags(Immutable | Hidden),
	EnableDebugCommand:                  enum("enable-debug-command", "no", protectedActions).flags(Immutable),
	EnableModuleCommand:                 enum("enable-module-command", "no", protectedActions).flags(Immutable),
	EnableProtectedConfigs:              enum("enable-protected-configs", "no", protectedActions).flags(Immutable),
	EncryptionKeyFile:                   text("encryption-key-file", "").flags(Protected),
	EventsPerIOThread:                   integer("events-per-io-thread", 2, 0, math.MaxInt32).flags(Hidden).note(noteNoEffect),
	ExtendedRedisCompatibility:          yesno("extended-redis-compatibility", false),
	ForklessInfrastructureEnabled:       yesno("forkless-infrastructure-enabled", false).flags(Immutable).note(noteNoFork),
	HashMaxListpackEntries:              unsigned("hash-max-listpack-entries", 512, 0, math.MaxInt64).alias("hash-max-ziplist-entries"),
	HashMaxListpackValue:                unsignedMemory("hash-max-listpack-value", 64, 0, math.MaxInt64).alias("hash-max-ziplist-value"),
	HashSeed:                            optional("hash-seed").flags(Immutable),
	HideUserDataFromLog:                 yesno("hide-user-data-from-log", true),
	HLLSparseMaxBytes:                   unsignedMemory("hll-sparse-max-bytes", 3000, 0, math.MaxInt64),
	HotKeysSamplingPercentage:           integer("hotkeys-sampling-percentage", 1, 1, 100),
	HotKeysTopK:                         integer("hotkeys-top-k", 0, 0, 1000),
	HotKeysWindowSeconds:                integer("hotkeys-window-seconds", 1, 1, 300),
	HZ:                                  integer("hz", 10, 0, math.MaxInt32).clamp(1, 500),
	IgnoreWarnings:                      text("ignore-warnings", ""),
	ImportMode:                          yesno("import-mode", false).flags(Debug),
	IOEngine:                            enum("io-engine", "auto", ioEngines).flags(Immutable),
	IOThreads:                           integer("io-threads", 0, 1, maxIOThreads).flags(Debug),
	IOThreadsAlwaysActive:               yesno("io-threads-always-active", false).flags(Hidden).note(noteNoEffect),
	JemallocBgThread:                    yesno("jemalloc-bg-thread", true).note(noteNoEffect),
	KeyLoadDelay:                        integer("key-load-delay", 0, math.MinInt32, math.MaxInt32).flags(Hidden),
	LatencyMonitorThreshold:             integer("latency-monitor-threshold", 0, 0, math.MaxInt64),
	LatencyTracking:                     yesno("latency-tracking", true),
	LatencyTrackingInfoPercentiles:      special("latency-tracking-info-percentiles", "50 99 99.9", percentiles).flags(MultiArg),
	LazyfreeLazyEviction:                yesno("lazyfree-lazy-eviction", true).flags(Debug).note(noteLazyFree),
	LazyfreeLazyExpire:                  yesno("lazyfree-lazy-expire", true).flags(Debug).note(noteLazyFree),
	LazyfreeLazyServerDel:               yesno("lazyfree-lazy-server-del", true).flags(Debug).note(noteLazyFree),
	LazyfreeLazyUserDel:                 yesno("lazyfree-lazy-user-del", true).flags(Debug).note(noteLazyFree),
	LazyfreeLazyUserFlush:               yesno("lazyfree-lazy-user-flush", true).flags(Debug).note(noteLazyFree),
	LFUDecayTime:                        integer("lfu-decay-time", 1, 0, math.MaxInt32),
	LFULogFactor:                        integer("lfu-log-factor", 10, 0, math.MaxInt32),
	ListCompressDepth:                   integer("list-compress-depth", 0, 0, math.MaxInt32).flags(Debug),
	ListMaxListpackSize:                 integer("list-max-listpack-size", -2, math.MinInt32, math.MaxInt32).alias("list-max-ziplist-size"),
	LoadingProcessEventsIntervalBytes:   integer("loading-process-events-interval-bytes", 2097152, 1024, math.MaxInt32).flags(Hidden).note(noteNoEffect),
	LocaleCollate:                       text("locale-collate", "").note(noteBytes),
	LogFormat:                           enum("log-format", "legacy", logFormats),
	LogTimestampFormat:                  enum("log-timestamp-format", "legacy", timestampFormats),
	LogFile:                             text("logfile", "").flags(Immutable),
	LogLevel:                            enum("loglevel", "notice", logLevels),
	LuaEnableInsecureAPI:                yesno("lua-enable-insecure-api", false).flags(Protected | Hidden).alias("lua-enable-deprecated-api"),
	MaxNewConnectionsPerCycle:           unsigned("max-new-connections-per-cycle", 10, 1, 1000).note(noteNoEffect),
	MaxNewTLSConnectionsPerCycle:        unsigned("max-new-tls-connections-per-cycle", 1, 1, 1000).note(noteNoEffect),
	MaxClients:                          unsigned("maxclients", 10000, 1, math.MaxUint32),
	MaxMemory:                           unsignedMemory("maxmemory", 0, 0, math.MaxUint64),
	MaxMemoryClients:                    memoryOrPercent("maxmemory-clients", 0, -100, math.MaxInt64),
	MaxMemoryEvictionTenacity:           integer("maxmemory-eviction-tenacity", 10, 0, 100),
	MaxMemoryPolicy:                     enum("maxmemory-policy", "noeviction", evictionPolicies),
	MaxMemorySamples:                    integer("maxmemory-samples", 5, 1, 64),
	MinIOThreadsAvoidCopyReply:          integer("min-io-threads-avoid-copy-reply", 7, 0, math.MaxInt32).flags(Hidden).note(noteNoEffect),
	MinReplicasMaxLag:                   integer("min-replicas-max-lag", 10, 0, math.MaxInt32).alias("min-slaves-max-lag"),
	MinReplicasToWrite:                  integer("min-replicas-to-write", 0, 0, math.MaxInt32).alias("min-slaves-to-write"),
	MinStringSizeAvoidCopyReply:         unsignedMemory("min-string-size-avoid-copy-reply", 16384, 0, math.MaxInt32).flags(Hidden).note(noteNoEffect),
	MinStringSizeAvoidCopyReplyThreaded: unsignedMemory("min-string-size-avoid-copy-reply-threaded", 65536, 0, math.MaxInt32).flags(Hidden).note(noteNoEffect),
	MPTCP:                               yesno("mptcp", false).flags(Immutable),
	NoAppendFsyncOnRewrite:              yesno("no-appendfsync-on-rewrite", false).note(noteNoFork),
	NotifyKeyspaceEvents:                special("notify-keyspace-events", "", notifyClasses),
	OOMScoreAdj:                         enum("oom-score-adj", "no", oomModes),
	OOMScoreAdjValues:                   special("oom-score-adj-values", "0 200 800", oomValues).flags(MultiArg),
	Partitions:                          integer("partitions", 0, 0, maxPartitions).flags(Immutable),
	PidFile:                             optional("pidfile").flags(Immutable),
	Port:                                integer("port", 6379, 0, 65535),
	PrefetchBatchMaxSize:                integer("prefetch-batch-max-size", 16, 0, 128).note(noteNoEffect),
	PrimaryAuth:                         optional("primaryauth").flags(Sensitive).alias("masterauth"),
	PrimaryUser:                         optional("primaryuser").flags(Sensitive).alias("masteruser"),
	ProcTitleTemplate:                   text("proc-title-template", "{title} {listen-addr} {server-mode}").check(procTitle),
	PropagationErrorBehavior:            enum("propagation-error-behavior", "ignore", propagationErrors),
	ProtectedMode:                       yesno("protected-mode", true),
	ProtoMaxBulkLen:                     memory("proto-max-bulk-len", 536870912, 1048576, math.MaxInt64).flags(Debug),
	RDBDelSyncFiles:                     yesno("rdb-del-sync-files", false),
	RDBKeySaveDelay:                     integer("rdb-key-save-delay", 0, math.MinInt32, math.MaxInt32).flags(Hidden),
	RDBSaveIncrementalFsync:             yesno("rdb-save-incremental-fsync", true).note(noteNoFork),
	RDBVersionCheck:                     enum("rdb-version-check", "strict", rdbVersionChecks),
	RDBVersionWrite:                     enum("rdb-version-write", "auto", rdbVersions),
	RDBChecksum:                         yesno("rdbchecksum", true).flags(Immutable),
	RDBCompression:                      yesno("rdbcompression", true),
	RDMABind:                            special("rdma-bind", "", rdmaAddrs).flags(MultiArg),
	RDMACompletionVector:                integer("rdma-completion-vector", -1, -1, 1024).flags(Immutable),
	RDMAPort:                            integer("rdma-port", 0, 0, 65535),
	RDMARXSize:                          integer("rdma-rx-size", 1048576, 65536, 16777216).flags(Immutable),
	ReplBacklogSize:                     memory("repl-backlog-size", 10485760, 1, math.MaxInt64).clamp(16384, math.MaxInt64),
	ReplBacklogTTL:                      integer("repl-backlog-ttl", 3600, 0, math.MaxInt64),
	ReplDisableTCPNoDelay:               yesno("repl-disable-tcp-nodelay", false),
	ReplDisklessLoad:                    enum("repl-diskless-load", "disabled", disklessLoads).flags(Debug | DenyLoading),
	ReplDisklessSync:                    yesno("repl-diskless-sync", true).flags(Debug),
	ReplDisklessSyncDelay:               integer("repl-diskless-sync-delay", 5, 0, math.MaxInt32),
	ReplDisklessSyncMaxReplicas:         integer("repl-diskless-sync-max-replicas", 0, 0, math.MaxInt32),
	ReplMPTCP:                           yesno("repl-mptcp", false).flags(Immutable),
	ReplPingReplicaPeriod:               integer("repl-ping-replica-period", 10, 1, math.MaxInt32).alias("repl-ping-slave-period"),
	ReplTimeout:                         integer("repl-timeout", 60, 1, math.MaxInt32),
	ReplicaAnnounceIP:                   optional("replica-announce-ip").alias("slave-announce-ip"),
	ReplicaAnnouncePort:                 integer("replica-announce-port", 0, 0, 65535).alias("slave-announce-port"),
	ReplicaAnnounced:                    yesno("replica-announced", true),
	ReplicaIgnoreDiskWriteErrors:        yesno("replica-ignore-disk-write-errors", false),
	ReplicaIgnoreMaxMemory:              yesno("replica-ignore-maxmemory", true).alias("slave-ignore-maxmemory"),
	ReplicaLazyFlush:                    yesno("replica-lazy-flush", true).alias("slave-lazy-flush"),
	ReplicaPriority:                     integer("replica-priority", 100, 0, math.MaxInt32).alias("slave-priority"),
	ReplicaReadOnly:                     yesno("replica-read-only", true).flags(Debug).alias("slave-read-only"),
	ReplicaServeStaleData:               yesno("replica-serve-stale-data", true).alias("slave-serve-stale-data"),
	ReplicaOf:                           special("replicaof", "", replicaOf).flags(Immutable | MultiArg).alias("slaveof"),
	ReqResLogFile:                       optional("req-res-logfile").flags(Immutable | Hidden).note(noteNoEffect),
	RequirePass:                         optional("requirepass").flags(Sensitive),
	SanitizeDumpPayload:                 enum("sanitize-dump-payload", "no", sanitizeModes).flags(Debug),
	Save:                                special("save", "3600 1 300 100 60 10000", savePoints).flags(MultiArg),
	ScriptMemoryLimit:                   memory("script-memory-limit", 512<<20, 0, math.MaxInt64),
	ServerCPUList:                       optional("server-cpulist").flags(Immutable).alias("server_cpulist"),
	SetMaxIntsetEntries:                 unsigned("set-max-intset-entries", 512, 0, math.MaxInt64),
	SetMaxListpackEntries:               unsigned("set-max-listpack-entries", 128, 0, math.MaxInt64),
	SetMaxListpackValue:                 unsigned("set-max-listpack-value", 64, 0, math.MaxInt64),
	SetProcTitle:                        yesno("set-proc-title", true).flags(Immutable),
	ShutdownOnSIGINT:                    enumSet("shutdown-on-sigint", "default", shutdownFlags).check(shutdownCombination),
	ShutdownOnSIGTERM:                   enumSet("shutdown-on-sigterm", "default", shutdownFlags).check(shutdownCombination),
	ShutdownTimeout:                     integer("shutdown-timeout", 10, 0, math.MaxInt32),
	SlotMigrationMaxFailoverReplBytes:   memory("slot-migration-max-failover-repl-bytes", 0, -1, math.MaxInt64),
	SnapshotCron:                        text("snapshot-cron", "").check(validSchedule),
	SnapshotMemoryBudget:                memory("snapshot-memory-budget", 64<<20, 1<<20, math.MaxInt64),
	SocketMarkID:                        unsigned("socket-mark-id", 0, 0, math.MaxUint32).flags(Immutable),
	StopWritesOnBgsaveError:             yesno("stop-writes-on-bgsave-error", true),
	StreamNodeMaxBytes:                  unsignedMemory("stream-node-max-bytes", 4096, 0, math.MaxInt64),
	StreamNodeMaxEntries:                integer("stream-node-max-entries", 100, 0, math.MaxInt64),
	Supervised:                          enum("supervised", "no", supervisors).flags(Immutable),
	SyslogEnabled:                       yesno("syslog-enabled", false).flags(Immutable),
	SyslogFacility:                      enum("syslog-facility", "local0", syslogFacilities).flags(Immutable),
	SyslogIdent:                         text("syslog-ident", "valkey").flags(Immutable),
	TCPBacklog:                          integer("tcp-backlog", 511, 0, math.MaxInt32).flags(Immutable),
	TCPKeepAlive:                        integer("tcp-keepalive", 300, 0, math.MaxInt32),
	Timeout:                             integer("timeout", 0, 0, math.MaxInt32),
	TLSAuthClients:                      enum("tls-auth-clients", "yes", tlsClientAuths),
	TLSAuthClientsUser:                  enum("tls-auth-clients-user", "off", tlsClientUsers),
	TLSAutoReloadInterval:               integer("tls-auto-reload-interval", 0, 0, math.MaxInt32),
	TLSCACertDir:                        optional("tls-ca-cert-dir").flags(Volatile),
	TLSCACertFile:                       optional("tls-ca-cert-file").flags(Volatile),
	TLSCertFile:                         optional("tls-cert-file").flags(Volatile),
	TLSCiphers:                          optional("tls-ciphers"),
	TLSCipherSuites:                     optional("tls-ciphersuites"),
	TLSClientCertFile:                   optional("tls-client-cert-file").flags(Volatile),
	TLSClientKeyFile:                    optional("tls-client-key-file").flags(Volatile),
	TLSClientKeyFilePass:                optional("tls-client-key-file-pass").flags(Sensitive),
	TLSCluster:                          yesno("tls-cluster", false),
	TLSDHParamsFile:                     optional("tls-dh-params-file").flags(Volatile).note(noteGoTLS),
	TLSKeyFile:                          optional("tls-key-file").flags(Volatile),
	TLSKeyFilePass:                      optional("tls-key-file-pass").flags(Sensitive),
	TLSPort:                             integer("tls-port", 0, 0, 65535),
	TLSPreferServerCiphers:              yesno("tls-prefer-server-ciphers", false).note(noteGoTLS),
	TLSProtocols:                        optional("tls-protocols"),
	TLSReplication:                      yesno("tls-replication", false),
	TLSSessionCacheSize:                 integer("tls-session-cache-size", 20480, 0, math.MaxInt32).note(noteGoTLS),
	TLSSessionCacheTimeout:              integer("tls-session-cache-timeout", 300, 0, math.MaxInt32).note(noteGoTLS),
	TLSSessionCaching:                   yesno("tls-session-caching", true),
	TrackingTableMaxKeys:                unsigned("tracking-table-max-keys", 1000000, 0, math.MaxInt64),
	UnixSocket:                          optional("unixsocket").flags(Immutable),
	UnixSocketGroup:                     optional("unixsocketgroup").flags(Immutable),
	UnixSocketPerm:                      octal("unixsocketperm", 0, 0, 0o777).flags(Immutable),
	UseExitOnPanic:                      yesno("use-exit-on-panic", false).flags(Hidden).note(noteNoEffect),
	WatchdogPeriod:                      integer("watchdog-period", 0, 0, math.MaxInt32).flags(Hidden).note(noteNoEffect),
	ZSetMaxListpackEntries:              unsigned("zset-max-listpack-entries", 128, 0, math.MaxInt64).alias("zset-max-ziplist-entries"),
	ZSetMaxListpackValue:                unsignedMemory("zset-max-listpack-value", 64, 0, math.MaxInt64).alias("zset-max-ziplist-value"),
}
