//go:build !linux

package main

import "errors"

func measureInto(string, string) error { return errors.ErrUnsupported }
