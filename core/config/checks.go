package config

import (
	"net/netip"
	"strings"

	"github.com/sleipnirdb/sleipnir/internal/schedule"
)

// Checks of single values beyond their kind and range, with the reference's texts.

const maxHostBytes = 256

// refusal is why a value isn't accepted, in the reference's words: they go to clients and operators as they are.
type refusal string

func (r refusal) Error() string { return string(r) }

func notEmpty(v *value) error {
	if v.text == "" {
		return refusal("cluster-config-file can't be empty")
	}
	return nil
}

// baseName refuses paths in the names of files that belong into `dir`.
func baseName(directive, what string) func(v *value) error {
	return func(v *value) error {
		switch {
		case v.text == "":
			return refusal(directive + " can't be empty")
		case strings.ContainsAny(v.text, `/\`):
			return refusal(directive + " can't be a path, just a " + what)
		}
		return nil
	}
}

func validSchedule(v *value) error {
	if _, err := schedule.Parse(v.text); err != nil {
		return refusal(err.Error())
	}
	return nil
}

func ipv4(v *value) error {
	if a, err := netip.ParseAddr(v.text); v.text != "" && (err != nil || !a.Is4()) {
		return refusal("Invalid IPv4 address")
	}
	return nil
}

func ipv6(v *value) error {
	if a, err := netip.ParseAddr(v.text); v.text != "" && (err != nil || !a.Is6() || a.Zone() != "") {
		return refusal("Invalid IPv6 address")
	}
	return nil
}

func hostname(v *value) error {
	if len(v.text) >= maxHostBytes {
		return refusal("Hostnames must be less than 256 characters")
	}
	for i := 0; i < len(v.text); i++ {
		if c := v.text[i]; !isAlphanumeric(c) && c != '-' && c != '.' {

			return refusal("Hostnames may only contain alphanumeric characters, hyphens or dots")
		}
	}
	return nil
}

// nodeName accepts what may stand in the nodes file of a cluster: no separators of that format.
func nodeName(v *value) error {
	for i := 0; i < len(v.text); i++ {
		if c := v.text[i]; c <= ' ' || c == 0x7f || strings.IndexByte("!#$%&()*+;<>?@[]^{|}~,=", c) >= 0 {

			return refusal("Announced human node name contained invalid character")
		}
	}
	return nil
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func shutdownCombination(v *value) error {
	if v.num&ShutdownSave != 0 && v.num&ShutdownNoSave != 0 {
		return refusal("shutdown options SAVE and NOSAVE can't be used simultaneously")
	}
	return nil
}

// procTitle refuses a template that may expand to nothing: the title, the mode and the socket may be empty.
func procTitle(v *value) error {
	title, ok := expandTitle(v.text, func(name string) (string, bool) {
		switch name {
		case "title", "server-mode", "unixsocket":
			return "", true
		case "listen-addr", "config-file", "port", "tls-port":
			return "x", true
		}
		return "", false
	})
	if !ok || strings.Trim(title, " ") == "" {
		return refusal("template format is invalid or contains unknown variables")
	}
	return nil
}
