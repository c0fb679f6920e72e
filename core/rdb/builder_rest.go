package rdb

import "github.com/sleipnirdb/sleipnir/datastruct/object"

const errLater Corrupt = "this version can't hold such a value yet"

func (b *Builder) Begin(object.Type) error                  { return errLater }
func (b *Builder) End() error                               { return errLater }
func (b *Builder) Element([]byte) error                     { return errLater }
func (b *Builder) Member([]byte) error                      { return errLater }
func (b *Builder) Scored([]byte, float64) error             { return errLater }
func (b *Builder) Field(field, value []byte, _ int64) error { return errLater }
func (b *Builder) Entry(ID, [][]byte) error                 { return errLater }
func (b *Builder) Stream(StreamInfo) error                  { return errLater }
func (b *Builder) Group(GroupInfo) error                    { return errLater }
func (b *Builder) Pending(PendingInfo) error                { return errLater }
func (b *Builder) Consumer(ConsumerInfo) error              { return errLater }
func (b *Builder) Owned(ID) error                           { return errLater }
func (b *Builder) GroupEnd() error                          { return errLater }

func hasFieldExpiry(any, *object.Env) bool { return false }
