package process

// ReservedFiles is how many open files the server needs beyond those of its clients.
const ReservedFiles = 32

// fileStep is by how much less is tried when the system refuses a limit.
const fileStep = 16

// limiter is the system's limit of open files.
type limiter struct {
	get func() (soft, hard uint64, err error)
	set func(soft, hard uint64) error
}

// RaiseFileLimit raises the limit of open files so that maxClients fit, and returns how many clients do fit. ok is false when
// not even the server itself would: it should exit then. Everything is told to the log.
func RaiseFileLimit(maxClients int64, log Log) (clients int64, ok bool) {
	return raiseFileLimit(maxClients, system(), log)
}

func raiseFileLimit(maxClients int64, sys limiter, log Log) (clients int64, ok bool) {
	want := uint64(maxClients) + ReservedFiles // #nosec G115 -- the directive's range is positive
	soft, hard, err := sys.get()
	if err != nil {
		log.Warningf("Unable to obtain the current NOFILE limit (%v), assuming 1024 and setting the max clients "+
			"configuration accordingly.", err)
		return 1024 - ReservedFiles, true
	}
	if soft >= want {
		return maxClients, true
	}
	best, err := raise(want, soft, hard, sys)
	if best == want {
		log.Noticef("Increased maximum number of open files to %d (it was originally set to %d).", want, soft)
		return maxClients, true
	}
	if best <= ReservedFiles {
		log.Warningf("Your current 'ulimit -n' of %d is not enough for the server to start. "+
			"Please increase your open file limit to at least %d. Exiting.", soft, want)
		return 0, false
	}
	clients = int64(best - ReservedFiles) // #nosec G115 -- below want, which fits
	log.Warningf("You requested maxclients of %d requiring at least %d max file descriptors.", maxClients, want)
	log.Warningf("Server can't set maximum open files to %d because of OS error: %v.", want, err)
	log.Warningf("Current maximum open files is %d. maxclients has been reduced to %d to compensate for low ulimit. "+
		"If you need higher maxclients increase 'ulimit -n'.", best, clients)
	return clients, true
}

// raise sets the highest limit between soft and want that the system allows, and returns it with the reason why it isn't want.
func raise(want, soft, hard uint64, sys limiter) (uint64, error) {
	err := sys.set(want, max(want, hard))
	if err == nil {
		return want, nil
	}
	// Without privileges the hard limit is the most; below it the first try fits. The steps are for systems whose own limit
	// is lower than what they tell.
	for best := min(want, hard); best > soft; best -= min(best, fileStep) {
		if sys.set(best, hard) == nil {
			return best, err
		}
	}
	return soft, err
}
