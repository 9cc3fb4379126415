//go:build !gonfalon_module

package engine

import "encoding/binary"

// This file is for native hosts of the module: they write requests, the module reads them.

// AppendRequest appends the request for one flag, given by its number, to dst. Fields that are empty at its end are left
// out.
func AppendRequest(dst []byte, flag int32, in *Input) []byte {
	fields := in.fields()
	return in.append(appendInt(append(dst, 0x90|fields), int64(flag)), fields)
}

// AppendBatch appends the request for these flags to dst, or for all flags if flags is nil.
func AppendBatch(dst []byte, flags []int32, in *Input) []byte {
	fields := in.fields()
	dst = append(dst, 0x90|fields)
	if flags == nil {
		return in.append(append(dst, 0xc0), fields)
	}
	dst = appendArray(dst, len(flags))
	for _, flag := range flags {
		dst = appendInt(dst, int64(flag))
	}
	return in.append(dst, fields)
}

// fields returns how many fields a request has, up to the last one that isn't empty.
func (in *Input) fields() uint8 {
	if in.pending > 0 {
		in.unpack()
	}
	switch {
	case len(in.Attributes) > 0:
		return 6
	case in.Roll != 0:
		return 5
	case in.Now != 0:
		return 4
	case len(in.Groups) > 0:
		return 3
	case in.Presence != NoActor:
		return 2
	}
	return 1
}

// append appends the fields of a request that come after its flags.
func (in *Input) append(dst []byte, fields uint8) []byte {
	if fields < 2 {
		return dst
	}
	switch in.Presence {
	case Keyed:
		dst = appendString(dst, in.Actor)
	case Keyless:
		dst = append(dst, 0xc2)
	default:
		dst = append(dst, 0xc0)
	}
	if fields < 3 {
		return dst
	}
	dst = appendArray(dst, len(in.Groups))
	for _, group := range in.Groups {
		dst = appendString(dst, group)
	}
	if fields < 4 {
		return dst
	}
	dst = appendInt(dst, in.Now)
	if fields < 5 {
		return dst
	}
	dst = appendInt(dst, int64(in.Roll))
	if fields < 6 {
		return dst
	}
	if n := len(in.Attributes); n < 16 {
		dst = append(dst, 0x80|uint8(n))
	} else {
		dst = binary.BigEndian.AppendUint16(append(dst, 0xde), uint16(n))
	}
	for i := range in.Attributes {
		a := &in.Attributes[i]
		dst = a.append(appendString(dst, a.Name))
	}
	return dst
}

// append appends the attribute's value.
func (a *Attribute) append(dst []byte) []byte {
	switch a.kind {
	case kindFalse:
		return append(dst, 0xc2)
	case kindTrue:
		return append(dst, 0xc3)
	case kindInt:
		return appendInt(dst, int64(a.num))
	case kindFloat:
		return binary.BigEndian.AppendUint64(append(dst, 0xcb), a.num)
	case kindString:
		return appendString(dst, a.text)
	case kindInteger:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xc9), uint32(len(a.text)))
		return append(append(dst, extInteger), a.text...)
	case kindArray, kindMap:
		return append(dst, a.text...)
	}
	return append(dst, 0xc0)
}

func appendInt(dst []byte, v int64) []byte {
	switch {
	case v >= -1<<5 && v < 1<<7:
		return append(dst, uint8(v))
	case v >= 0 && v < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, 0xce), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xd3), uint64(v))
}

func appendArray(dst []byte, n int) []byte {
	switch {
	case n < 16:
		return append(dst, 0x90|uint8(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, 0xdc), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, 0xdd), uint32(n))
}

func appendString(dst []byte, s string) []byte {
	switch n := len(s); {
	case n < 32:
		dst = append(dst, 0xa0|uint8(n))
	case n < 1<<8:
		dst = append(dst, 0xd9, uint8(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0xda), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(n))
	}
	return append(dst, s...)
}
