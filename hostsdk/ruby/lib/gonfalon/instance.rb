# frozen_string_literal: true

module Gonfalon
  # Bytes that are no snapshot, or a delta that doesn't apply. code is the engine's, offset counts from 0.
  class SnapshotError < StandardError
    # Of engine/code.go.
    CODES = [
      "ok",
      "longer than a snapshot may be",
      "not a gonfalon snapshot",
      "a snapshot format that this engine doesn't read",
      "the content id doesn't match the bytes: they are truncated or altered",
      "malformed",
      "the records don't add up to the header's counts",
      "past a limit",
      "the keys don't ascend, or one occurs twice",
      "an index or a state is out of range",
      "there are bytes after the end",
      "the delta is for another snapshot",
      "the delta deletes a key that isn't there",
      "the buffer is too small",
      "too many keys collide"
    ].freeze
    TOO_LARGE = 1

    attr_reader :code, :offset

    def initialize(code, offset)
      @code = code
      @offset = offset
      super("#{CODES[code] || "refused"} (code #{code}) at byte #{offset}")
    end
  end

  # The engine refused a request, by a code of the ABI.
  class RequestError < StandardError
    WORDS = {
      -1 => "malformed request", -2 => "too large for the output", -4 => "index out of range", -101 => "no memory"
    }.freeze

    def initialize(code)
      super("#{WORDS[code] || "refused"} (code #{code})")
    end
  end

  # The engine stopped in the middle of a call. Its instance can't be used any more.
  class Trap < StandardError; end

  private_constant :RequestError, :Trap

  # What a snapshot says about itself. id and lineage are lower-case hex; unreadable counts the flags and segments
  # that a newer control plane wrote in a form that the engine can't read; such a flag is off.
  SnapshotInfo = Struct.new(:environment, :id, :lineage, :revision, :flags, :segments, :unreadable) do
    # Returns lineage, revision and content id, as a server knows it.
    def position
      "#{lineage}-#{revision}-#{id}"
    end
  end

  # One snapshot, loaded by the C library. It serves one call at a time; its owner sees to that. Nothing that is
  # returned points into the library's memory.
  class Instance
    MAX_BYTES = 32 << 20 # the engine's limit; larger ones aren't even handed to the library
    BATCH = 1024 # decisions a call
    TRAPPED = -100

    # gonfalon_decision and gonfalon_info_t: how Array#pack names their members, and their sizes.
    POINTER = Fiddle::SIZEOF_VOIDP == 8 ? "Qlx4" : "Ll"
    TEXT_SIZE = Fiddle::SIZEOF_VOIDP * 2
    DECISION = "lL#{POINTER * 3}"
    DECISION_SIZE = 8 + (TEXT_SIZE * 3)
    INFO = "#{POINTER}QLLLa32a16"
    INFO_SIZE = TEXT_SIZE + 72
    RECORD_SIZE = [DECISION_SIZE, INFO_SIZE].max
    private_constant :POINTER, :TEXT_SIZE, :DECISION, :DECISION_SIZE, :INFO, :INFO_SIZE, :RECORD_SIZE

    # Loads a snapshot; raises SnapshotError for bytes that the engine refuses.
    def self.load(data)
      raise SnapshotError.new(SnapshotError::TOO_LARGE, MAX_BYTES) if data.bytesize > MAX_BYTES

      out = "\0" * Fiddle::SIZEOF_VOIDP
      offset = "\0" * 4
      code = Library::LOAD.call(data, data.bytesize, out, offset)
      check(code)
      raise SnapshotError.new(code, offset.unpack1("L")) unless code.zero?

      new(out.unpack1("J"))
    end

    # Raises what a code below 0 stands for.
    def self.check(code)
      return code unless code.negative?
      raise Trap, "the engine stopped in the middle of a call" if code == TRAPPED

      raise RequestError, code
    end

    def initialize(address)
      @address = address
      @owned = Fiddle::Pointer.new(address, 0, Library::FREE) # frees the snapshot once nothing refers to this instance
      @record = Fiddle::Pointer.malloc(RECORD_SIZE, Fiddle::RUBY_FREE)
      @at = @record.to_i
    end

    # Frees the snapshot now. No call may follow.
    def free
      @owned.call_free
    end

    # Returns the packed decision.
    def evaluate(request)
      packed = Library::EVALUATE.call(@address, request, request.bytesize)
      packed.negative? ? Instance.check(packed) : packed
    end

    # Returns the packed decision, 1 + the number of the variant, and what follows it in the record, for texts.
    def decide(request)
      Instance.check(Library::DECIDE.call(@address, request, request.bytesize, @at))
      @record[0, DECISION_SIZE].unpack(DECISION)
    end

    # Returns the records of up to BATCH decisions from number first on. Their texts must be read before the next
    # call.
    def batch(request, first)
      out = Fiddle::Pointer.malloc(BATCH * DECISION_SIZE, Fiddle::RUBY_FREE)
      count = Instance.check(Library::BATCH.call(@address, request, request.bytesize, first, out))
      out[0, count * DECISION_SIZE].unpack(DECISION * count).each_slice(8)
    end

    # Returns what deciding a flag can ask for, as ABI.md lays it out.
    def needs(request)
      Instance.check(Library::NEEDS.call(@address, request, request.bytesize, @at))
      MessagePack.unpack(answer)
    end

    # Returns the explanation as ABI.md lays it out.
    def explain(request)
      Instance.check(Library::EXPLAIN.call(@address, request, request.bytesize, @at))
      MessagePack.unpack(answer)
    end

    # Returns the bytes of the snapshot that a delta makes of this one; raises SnapshotError if it doesn't apply.
    def splice(delta)
      raise SnapshotError.new(SnapshotError::TOO_LARGE, MAX_BYTES) if delta.bytesize > MAX_BYTES

      offset = "\0" * 4
      code = Instance.check(Library::SPLICE.call(@address, delta, delta.bytesize, @at, offset))
      raise SnapshotError.new(code, offset.unpack1("L")) unless code.zero?

      answer
    end

    # Returns the key of a flag by its number.
    def flag_key(number)
      Instance.check(Library::FLAG_KEY.call(@address, number, @at, nil))
      answer.force_encoding(Encoding::UTF_8)
    end

    def info
      Instance.check(Library::INFO.call(@address, @at))
      at, size, revision, flags, segments, unreadable, id, lineage = @record[0, INFO_SIZE].unpack(INFO)
      SnapshotInfo.new(text(at, size), id.unpack1("H*"), lineage.unpack1("H*"), revision, flags, segments, unreadable).freeze
    end

    # Returns another instance of the same snapshot.
    def copy
      out = "\0" * Fiddle::SIZEOF_VOIDP
      Instance.check(Library::CLONE.call(@address, out))
      Instance.new(out.unpack1("J"))
    end

    # Returns a text of a record.
    def text(address, size)
      bytes(address, size).force_encoding(Encoding::UTF_8)
    end

    # Returns the bytes of a record's text.
    def bytes(address, size)
      address.zero? || size.zero? ? String.new(encoding: Encoding::BINARY) : Fiddle::Pointer.new(address, size)[0, size]
    end

    private

    # Returns the bytes that a call has put into the record as a gonfalon_text.
    def answer
      bytes(*@record[0, TEXT_SIZE].unpack(POINTER))
    end
  end
  private_constant :Instance
end
