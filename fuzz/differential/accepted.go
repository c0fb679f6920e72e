package differential

import "regexp"

// acceptance is a difference that is wanted wherever it comes up in a random stream: the reference is
// older than what Sleipnir follows. Each one stands in docs/compat.md under the same title.
type acceptance struct {
	title    string
	command  *regexp.Regexp // matches the command as a line
	ref, sub *regexp.Regexp // match the replies
}

var accepted = []acceptance{}

func isAccepted(command string, ref, sub Outcome) bool {
	for _, a := range accepted {
		if a.command.MatchString(command) && a.ref.MatchString(ref.Value.String()) && a.sub.MatchString(sub.Value.String()) {
			return true
		}
	}
	return false
}
