package acl

import (
	"fmt"
	"strings"
)

// A file of users has a line for each, as ACL LIST shows it. Words are divided by single blanks and nothing is quoted, but within
// parentheses. There are no comments: ACL SAVE would lose them.

// Text is the file that has all users.
func (u *Users) Text() string {
	var b strings.Builder
	for _, user := range u.All() {
		b.WriteString("user " + user.Name + " " + user.Rights().String() + "\n")
	}
	return b.String()
}

// loader reads a file of users.
type loader struct {
	parser
	name   string // of the file
	rights map[string]*Rights
	errors strings.Builder
}

func (l *loader) fail(format string, args ...any) { fmt.Fprintf(&l.errors, format, args...) }

// Load takes over a file of users, whose name is for errors: whoever isn't in it is gone. An error tells all that is wrong, in one
// line; then nothing has changed.
func (u *Users) Load(name, text string) ([]Change, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	l := &loader{parser: u.parser(), name: name, rights: map[string]*Rights{}}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.Trim(line, " \t\r\n"); line != "" {
			l.line(i+1, strings.Split(line, " "))
		}
	}
	if l.errors.Len() > 0 {
		return nil, SetError(l.errors.String() + "WARNING: ACL errors detected, no change to the previously active ACL rules was performed")
	}
	if l.rights[DefaultName] == nil {
		l.rights[DefaultName] = u.defaultRights()
	}
	return u.replace(l.rights), nil
}

// line takes over one line's words.
func (l *loader) line(number int, words []string) {
	if words[0] != "user" || len(words) < 2 {
		l.fail("%s:%d should start with user keyword followed by the username. ", l.name, number)
		return
	}
	user := words[1]
	switch {
	case hasSpaces(user):
		l.fail("'%s:%d: username '%s' contains invalid characters. ", l.name, number, user)
		return
	case l.rights[user] != nil:
		l.fail("WARNING: Duplicate user '%s' found on line %d. ", user, number)
		return
	}
	r := l.fresh()
	l.rights[user] = r
	rules, open := merge(words[2:])
	if open >= 0 {
		l.fail("%s:%d: Unmatched parenthesis in selector definition.", l.name, number)
		return
	}
	isFirst := true
	for _, op := range rules {
		err := l.apply(r, strings.Trim(op, "\t\r\n"))
		switch {
		case err == nil:
		case err == errUnknown:
			// What command is missing tells no secret.
			l.fail("%s:%d: Error in applying operation '%s': %v. ", l.name, number, op, err)
		case isFirst: // others may follow from it
			l.fail("%s:%d: %v. ", l.name, number, err)
			isFirst = false
		}
	}
}

// replace puts other users in force. Who has the same name stays the same User. Under mu.
func (u *Users) replace(rights map[string]*Rights) []Change {
	var changes []Change
	u.put(func(byName map[string]*User) {
		for name, user := range byName {
			if rights[name] == nil {
				delete(byName, name)
				user.deleted.Store(true)
				changes = append(changes, Change{User: user, Gone: true})
			}
		}
		for name, r := range rights {
			user := byName[name]
			if user == nil {
				byName[name] = u.user(name, r)
				continue
			}
			before := user.Rights()
			user.rights.Store(r.seal())
			changes = append(changes, compare(user, before, r))
		}
	})
	return changes
}

// CheckUser checks the words of a line `user NAME RULES…` in a configuration file before the commands are known: errors about
// their names come later. On error rule is what CONFIG's report counts: the place of the word to blame.
func CheckUser(seen map[string]bool, words []string) (rule int, err error) {
	name := words[0]
	if seen[name] {
		return 1, errDuplicate
	}
	merged, open := merge(words[1:])
	if open >= 0 {
		return open, errParenthesis
	}
	p := parser{catalog: &catalog{lenient: true}}
	r := p.fresh()
	for i, op := range merged {
		if err := p.apply(r, op); err != nil {
			return i, err
		}
	}
	seen[name] = true
	return 0, nil
}

// RuleError is a rule of a configuration file that is wrong.
type RuleError struct {
	User, Rule string
	Err        error
}

func (e *RuleError) Error() string {
	return fmt.Sprintf("Error loading ACL rule '%s' for the user named '%s': %v", e.Rule, e.User, e.Err)
}

// errSpaces is the error for a name with spaces in a configuration file.
const errSpaces ruleError = "Spaces not allowed in ACL usernames"

// LoadLines takes over the users of a configuration file: for each its name, then its rules. It is called once, before anybody is
// connected. disabled are the users that nobody can be.
func (u *Users) LoadLines(lines [][]string) (disabled []string, err error) {
	p := u.parser()
	for _, words := range lines {
		name := words[0]
		if hasSpaces(name) {
			return nil, errSpaces
		}
		r := p.fresh()
		merged, _ := merge(words[1:])
		for _, op := range merged {
			if err := p.apply(r, op); err != nil {
				return nil, &RuleError{name, op, err}
			}
		}
		if !r.enabled {
			disabled = append(disabled, name)
		}
		u.mu.Lock()
		if user := u.Find(name); user != nil {
			user.rights.Store(r.seal())
		} else {
			u.put(func(byName map[string]*User) { byName[name] = u.user(name, r) })
		}
		u.mu.Unlock()
	}
	return disabled, nil
}

// Lines are the users as a configuration file has them, each as the words that follow `user`.
func (u *Users) Lines() [][]string {
	var lines [][]string
	for _, user := range u.All() {
		lines = append(lines, append([]string{user.Name}, user.Rights().Words()...))
	}
	return lines
}
