package acl

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// ruleError is why a rule is refused, in the reference's words.
type ruleError string

func (e ruleError) Error() string { return string(e) }

const (
	errUnknown     ruleError = "Unknown command or category name in ACL"
	errSyntax      ruleError = "Syntax error"
	errAllKeys     ruleError = "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns"
	errAllChannels ruleError = "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels"
	errNoPassword  ruleError = "The password you are trying to remove from the user does not exist"
	errHash        ruleError = "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
	errDuplicate   ruleError = "Duplicate user found. A user can only be defined once in config files"
	errSubArg      ruleError = "Allowing first-arg of a subcommand is not supported"
	errRange       ruleError = "The provided database ID is out of range"
	errParenthesis ruleError = "Wrong format"
)

func isRange(err error) bool { return errors.Is(err, strconv.ErrRange) }

// parser changes rights by rules.
type parser struct {
	catalog     *catalog
	allChannels bool // what a new selector allows
}

// fresh are the rights of a user that was just created: none.
func (p parser) fresh() *Rights {
	return &Rights{selectors: []*selector{newSelector(p.catalog, p.allChannels)}}
}

// apply changes r, which isn't in force, by one rule.
func (p parser) apply(r *Rights, op string) error {
	root := r.selectors[0]
	switch lower(cString(op)) {
	case "":
		if op != "" {
			return errSyntax
		}
	case "on":
		r.enabled = true
	case "off":
		r.enabled = false
	case "skip-sanitize-payload":
		r.skipSanitize = true
	case "sanitize-payload":
		r.skipSanitize = false
	case "nopass":
		r.noPass, r.passwords = true, nil
	case "resetpass":
		r.noPass, r.passwords = false, nil
	case "clearselectors":
		r.selectors = r.selectors[:1]
	case "reset":
		*r = *p.fresh()
	default:
		switch {
		case op[0] == '>' || op[0] == '#' || op[0] == '<' || op[0] == '!':
			return r.applyPassword(op)
		case op[0] == '(' && op[len(op)-1] == ')':
			return p.addSelector(r, op[1:len(op)-1])
		}
		return root.apply(p.catalog, op)
	}
	return nil
}

// applyPassword adds or removes a password.
func (r *Rights) applyPassword(op string) error {
	p := hashPassword(op[1:])
	if op[0] == '#' || op[0] == '!' {
		var ok bool
		if p, ok = parseHash(op[1:]); !ok {
			return errHash
		}
	}
	at := slices.Index(r.passwords, p)
	if op[0] == '>' || op[0] == '#' {
		if at < 0 {
			r.passwords = append(r.passwords, p)
		}
		r.noPass = false
		return nil
	}
	if at < 0 {
		return errNoPassword
	}
	r.passwords = slices.Delete(r.passwords, at, at+1)
	return nil
}

// addSelector adds what stands between parentheses.
func (p parser) addSelector(r *Rights, rules string) error {
	words, ok := splitQuoted(rules)
	if !ok {
		return errSyntax
	}
	s := newSelector(p.catalog, p.allChannels)
	for _, op := range words {
		if err := s.apply(p.catalog, op); err != nil {
			return err
		}
	}
	r.selectors = append(r.selectors, s)
	return nil
}

// merge joins the words of each pair of parentheses. If one isn't closed it returns the place of the word that opens it.
func merge(words []string) (merged []string, open int) {
	open = -1
	var inner []string
	for i, w := range words {
		closes := strings.HasSuffix(w, ")")
		switch {
		case open < 0 && strings.HasPrefix(w, "(") && !closes:
			open, inner = i, []string{w}
		case open < 0:
			merged = append(merged, w)
		default:
			inner = append(inner, w)
			if closes {
				merged = append(merged, strings.Join(inner, " "))
				open = -1
			}
		}
	}
	return merged, open
}

// The rules within parentheses are words as redis-cli has them: between double quotes a backslash escapes, between single quotes only
// \'. So a word that would end the selector, or isn't one as it stands, is written between double quotes.

// quoted is a word as it may stand between parentheses.
func quoted(word string) string {
	if !strings.ContainsAny(word, `"'`) && !strings.HasSuffix(word, ")") {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

// splitQuoted reads such words; ok is false where a quote isn't closed, or is glued to what follows.
func splitQuoted(s string) (words []string, ok bool) {
	for {
		s = strings.TrimLeft(s, " \t\n\v\f\r")
		if s == "" || s[0] == 0 {
			return words, true
		}
		word, rest, ok := cutQuoted(s)
		if !ok {
			return nil, false
		}
		words, s = append(words, word), rest
	}
}

func cutQuoted(s string) (word, rest string, ok bool) {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		ch := s[i]
		switch {
		case quote == 0 && strings.IndexByte(" \n\r\t\x00", ch) >= 0:
			return b.String(), s[i:], true
		case quote == 0 && (ch == '"' || ch == '\''):
			quote = ch
		case quote == 0:
			b.WriteByte(ch)
		case ch == quote:
			rest = s[i+1:]
			return b.String(), rest, rest == "" || strings.IndexByte(" \t\n\v\f\r", rest[0]) >= 0
		case ch == '\\' && i+1 < len(s) && (quote == '"' || s[i+1] == '\''):
			i += unescape(&b, s[i+1:], quote)
		default:
			b.WriteByte(ch)
		}
	}
	return b.String(), "", quote == 0
}

// unescape writes the byte that an escape stands for, and returns its length without the backslash.
func unescape(b *strings.Builder, s string, quote byte) int {
	if quote == '"' && s[0] == 'x' && len(s) >= 3 {
		if n, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
			b.WriteByte(byte(n))
			return 3
		}
	}
	ch := s[0]
	if quote == '"' {
		if at := strings.IndexByte("nrtba", ch); at >= 0 {
			ch = "\n\r\t\b\a"[at]
		}
	}
	b.WriteByte(ch)
	return 1
}
