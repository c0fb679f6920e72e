package config

// The words of the enums and their constants, which Int returns.

// Log levels (`loglevel`).
const (
	LevelDebug = iota
	LevelVerbose
	LevelNotice
	LevelWarning
	LevelNothing
)

// Eviction policies (`maxmemory-policy`).
const (
	EvictVolatileLRU = iota
	EvictVolatileLFU
	EvictVolatileRandom
	EvictVolatileTTL
	EvictAllKeysLRU
	EvictAllKeysLFU
	EvictAllKeysRandom
	NoEviction
)

// When the append-only file is synced (`appendfsync`).
const (
	FsyncNo = iota
	FsyncAlways
	FsyncEverySec
)

// Who may do what is protected (`enable-protected-configs`, `enable-debug-command`, `enable-module-command`).
const (
	AllowNo = iota
	AllowYes
	AllowLocal
)

// Log formats (`log-format`) and forms of the time in them (`log-timestamp-format`).
const (
	FormatLegacy = iota
	FormatLogfmt
	FormatJSON
)

// Forms of the time in the log.
const (
	TimestampLegacy = iota
	TimestampISO8601
	TimestampMillis
)

// Process supervision (`supervised`).
const (
	SupervisedNo = iota
	SupervisedAuto
	SupervisedSystemd
	SupervisedUpstart
)

// How the score for the kernel's out-of-memory killer is set (`oom-score-adj`).
const (
	OOMScoreNo = iota
	OOMScoreRelative
	OOMScoreAbsolute
)

// What SIGINT and SIGTERM do (`shutdown-on-sigint`, `shutdown-on-sigterm`), as bits.
const (
	ShutdownSave = 1 << iota
	ShutdownNoSave
	ShutdownNow
	ShutdownForce
	ShutdownSafe
	ShutdownFailover
)

// How a replica loads a full sync (`repl-diskless-load`).
const (
	DisklessDisabled = iota
	DisklessOnEmptyDB
	DisklessSwapDB
	DisklessFlushBeforeLoad
)

// Client certificates (`tls-auth-clients`).
const (
	TLSClientsNo = iota
	TLSClientsYes
	TLSClientsOptional
)

// Which part of a client's certificate names the user (`tls-auth-clients-user`).
const (
	TLSUserOff = iota
	TLSUserCN
	TLSUserURI
)

// What a cluster node calls itself to clients (`cluster-preferred-endpoint-type`).
const (
	EndpointIP = iota
	EndpointHostname
	EndpointUnknown
)

// Checks of RESTORE payloads (`sanitize-dump-payload`).
const (
	SanitizeNo = iota
	SanitizeYes
	SanitizeClients
)

// Channels of new users (`acl-pubsub-default`).
const (
	PubsubResetChannels = iota
	PubsubAllChannels
)

// What a failed command from the primary or the AOF does (`propagation-error-behavior`).
const (
	PropagationIgnore = iota
	PropagationPanic
	PropagationPanicOnReplicas
)

// How strictly an RDB file's version is checked (`rdb-version-check`).
const (
	RDBVersionStrict = iota
	RDBVersionRelaxed
)

// How the I/O loops wait (`io-engine`).
const (
	EngineAuto = iota
	EngineEpoll
	EngineNetpoll
)

var (
	logLevels = []Choice{
		{"debug", LevelDebug}, {"verbose", LevelVerbose}, {"notice", LevelNotice}, {"warning", LevelWarning},
		{"nothing", LevelNothing},
	}
	evictionPolicies = []Choice{
		{"volatile-lru", EvictVolatileLRU}, {"volatile-lfu", EvictVolatileLFU}, {"volatile-random", EvictVolatileRandom},
		{"volatile-ttl", EvictVolatileTTL}, {"allkeys-lru", EvictAllKeysLRU}, {"allkeys-lfu", EvictAllKeysLFU},
		{"allkeys-random", EvictAllKeysRandom}, {"noeviction", NoEviction},
	}
	fsyncPolicies    = []Choice{{"everysec", FsyncEverySec}, {"always", FsyncAlways}, {"no", FsyncNo}}
	protectedActions = []Choice{{"no", AllowNo}, {"yes", AllowYes}, {"local", AllowLocal}}
	logFormats       = []Choice{{"legacy", FormatLegacy}, {"logfmt", FormatLogfmt}, {"json", FormatJSON}}
	timestampFormats = []Choice{
		{"legacy", TimestampLegacy}, {"iso8601", TimestampISO8601}, {"milliseconds", TimestampMillis},
	}
	supervisors = []Choice{
		{"upstart", SupervisedUpstart}, {"systemd", SupervisedSystemd}, {"auto", SupervisedAuto}, {"no", SupervisedNo},
	}
	oomModes = []Choice{
		{"no", OOMScoreNo}, {"yes", OOMScoreRelative}, {"relative", OOMScoreRelative}, {"absolute", OOMScoreAbsolute},
	}
	shutdownFlags = []Choice{
		{"default", 0}, {"save", ShutdownSave}, {"nosave", ShutdownNoSave}, {"now", ShutdownNow}, {"force", ShutdownForce},
		{"safe", ShutdownSafe}, {"failover", ShutdownFailover},
	}
	disklessLoads = []Choice{
		{"disabled", DisklessDisabled}, {"on-empty-db", DisklessOnEmptyDB}, {"swapdb", DisklessSwapDB},
		{"flush-before-load", DisklessFlushBeforeLoad},
	}
	tlsClientAuths    = []Choice{{"no", TLSClientsNo}, {"yes", TLSClientsYes}, {"optional", TLSClientsOptional}}
	tlsClientUsers    = []Choice{{"off", TLSUserOff}, {"CN", TLSUserCN}, {"URI", TLSUserURI}}
	endpointTypes     = []Choice{{"ip", EndpointIP}, {"hostname", EndpointHostname}, {"unknown-endpoint", EndpointUnknown}}
	sanitizeModes     = []Choice{{"no", SanitizeNo}, {"yes", SanitizeYes}, {"clients", SanitizeClients}}
	aclPubsubDefaults = []Choice{{"allchannels", PubsubAllChannels}, {"resetchannels", PubsubResetChannels}}
	propagationErrors = []Choice{
		{"ignore", PropagationIgnore}, {"panic", PropagationPanic}, {"panic-on-replicas", PropagationPanicOnReplicas},
	}
	rdbVersionChecks = []Choice{{"strict", RDBVersionStrict}, {"relaxed", RDBVersionRelaxed}}
	rdbVersions      = []Choice{{"auto", 0}, {"10", 10}, {"11", 11}, {"80", 80}}
	clusterSaves     = []Choice{{"sync", 0}, {"best-effort", 1}}
	bgsaveMethods    = []Choice{{"fork", 0}, {"forkless", 1}}
	ioEngines        = []Choice{{"auto", EngineAuto}, {"epoll", EngineEpoll}, {"netpoll", EngineNetpoll}}
	syslogFacilities = []Choice{ // the values are syslog(3)'s, before the shift
		{"user", 1}, {"local0", 16}, {"local1", 17}, {"local2", 18}, {"local3", 19}, {"local4", 20}, {"local5", 21},
		{"local6", 22}, {"local7", 23},
	}
)
