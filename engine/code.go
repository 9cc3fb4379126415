package engine

// Code says why bytes were refused; 0 means that they weren't. The numbers are part of the module's ABI.
type Code int32

// These are the codes.
const (
	CodeOK         Code = 0
	CodeTooLarge   Code = 1  // longer than MaxSnapshotBytes
	CodeNotOurs    Code = 2  // not a snapshot, or not a delta
	CodeFormat     Code = 3  // a format that this engine doesn't read
	CodeID         Code = 4  // the content id doesn't match the bytes
	CodeMalformed  Code = 5  // not the msgpack that the format requires here
	CodeCounts     Code = 6  // records don't add up to the header's counts
	CodeLimit      Code = 7  // past a limit
	CodeOrder      Code = 8  // keys don't ascend, or one occurs twice
	CodeReference  Code = 9  // an index or a state is out of range
	CodeTrailing   Code = 10 // bytes after the end
	CodeBase       Code = 11 // the delta is for another snapshot
	CodeMissing    Code = 12 // the delta deletes a key that isn't there
	CodeBuffer     Code = 13 // the caller's buffer is too small
	CodeCollisions Code = 14 // too many keys collide
)
