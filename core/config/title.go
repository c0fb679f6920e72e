package config

import (
	"strconv"
	"strings"
)

// ProcTitle expands proc-title-template; title is the program's name. The names that it knows are those procTitle accepts.
func (c *Config) ProcTitle(title string) string {
	s, _ := expandTitle(c.Str(ProcTitleTemplate), func(name string) (string, bool) {
		switch name {
		case "title":
			return title, true
		case "listen-addr":
			return c.listenAddr(), true
		case "server-mode":
			return c.titleMode(), true
		case "config-file":
			if f := c.File(); f != "" {
				return f, true
			}
			return "-", true
		case "port":
			return c.Str(Port), true
		case "tls-port":
			return c.Str(TLSPort), true
		case "unixsocket":
			return c.Str(UnixSocket), true
		}
		return "", false
	})
	return strings.Trim(s, " ")
}

func (c *Config) listenAddr() string {
	port := c.Int(Port)
	if port == 0 {
		port = c.Int(TLSPort)
	}
	if port == 0 {
		return "unixsocket:" + c.Str(UnixSocket)
	}
	host := "*"
	if addrs := c.BindAddrs(); len(addrs) > 0 {
		host = addrs[0]
	}
	return host + ":" + strconv.FormatInt(port, 10)
}

func (c *Config) titleMode() string {
	switch {
	case c.Bool(ClusterEnabled):
		return "[cluster]"
	case c.Sentinel():
		return "[sentinel]"
	}
	return ""
}

// expandTitle replaces each {name} by its value; {{ stands for a brace. It fails on unknown names and open braces.
func expandTitle(template string, value func(name string) (string, bool)) (string, bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		if strings.HasPrefix(after, "{") {
			b.WriteByte('{')
			template = after[1:]
			continue
		}
		name, rest, closed := strings.Cut(after, "}")
		text, known := value(name)
		if !closed || !known {
			return "", false
		}
		b.WriteString(text)
		template = rest
	}
}
