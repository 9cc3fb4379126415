# frozen_string_literal: true

module Gonfalon
  # msgpack, as far as requests, answers and snapshots have it: nil, booleans, integers, float64, text, bytes, arrays,
  # maps, and integers beyond 64 bits (ext 1, their decimal digits).
  module MessagePack
    EXT_INTEGER = 1
    INT64 = Values::INT64

    # A text's length before it, for the short ones that most are.
    SHORT = Array.new(32) { |size| (0xa0 | size).chr.b.freeze }.freeze

    module_function

    # Returns a value in msgpack. Text must be valid UTF-8; a binary string is written as bytes.
    def pack(value)
      write(String.new(encoding: Encoding::BINARY, capacity: 256), value)
    end

    def write(out, value)
      case value
      when nil then out << 0xc0
      when false then out << 0xc2
      when true then out << 0xc3
      when Integer then integer(out, value)
      when String then value.encoding == Encoding::BINARY ? bytes(out, value) : text(out, value)
      when Array
        head(out, value.size, 0x90, 0xdc)
        value.each { |item| write(out, item) }
        out
      when Hash
        head(out, value.size, 0x80, 0xde)
        value.each do |key, item|
          text(out, key)
          write(out, item)
        end
        out
      when Float then out << [0xcb, value].pack("CG")
      else raise ArgumentError, "#{value.class} has no place in msgpack"
      end
    end

    def integer(out, value)
      case value
      when 0..0x7f then out << value
      when -0x20...0 then out << (value & 0xff)
      when 0..0xff then out << 0xcc << value
      when 0..0xffff then out << [0xcd, value].pack("Cn")
      when 0..0xffffffff then out << [0xce, value].pack("CN")
      when -0x80...0 then out << [0xd0, value].pack("Cc")
      when -0x8000...0 then out << [0xd1, value].pack("Cs>")
      when -0x80000000...0 then out << [0xd2, value].pack("Cl>")
      when 0..INT64.end then out << [0xcf, value].pack("CQ>")
      when INT64 then out << [0xd3, value].pack("Cq>")
      else extension(out, value.to_s)
      end
    end

    # Returns a short plain text in msgpack, as most actors are, with less work.
    def word(text)
      text.bytesize < 32 && text.ascii_only? ? "#{SHORT[text.bytesize]}#{text}" : pack(text)
    end

    def text(out, value)
      size = value.bytesize
      if size < 32 then out << SHORT[size]
      elsif size < 0x100 then out << 0xd9 << size
      elsif size < 0x10000 then out << [0xda, size].pack("Cn")
      else out << [0xdb, size].pack("CN")
      end
      out << (value.ascii_only? ? value : value.b)
    end

    def bytes(out, value)
      size = value.bytesize
      if size < 0x100 then out << 0xc4 << size
      elsif size < 0x10000 then out << [0xc5, size].pack("Cn")
      else out << [0xc6, size].pack("CN")
      end
      out << value
    end

    def head(out, size, short, long)
      if size < 16 then out << (short | size)
      elsif size < 0x10000 then out << [long, size].pack("Cn")
      else out << [long + 1, size].pack("CN")
      end
    end

    def extension(out, digits)
      size = digits.bytesize
      case size
      when 16 then out << 0xd8
      when 0..0xff then out << 0xc7 << size
      when 0..0xffff then out << [0xc8, size].pack("Cn")
      else out << [0xc9, size].pack("CN")
      end
      out << EXT_INTEGER << digits
    end

    # Returns the value that the bytes hold.
    def unpack(data)
      reader = Reader.new(data)
      value = reader.read
      raise MessagePackError, "#{data.bytesize - reader.position} bytes after the end" unless reader.position == data.bytesize

      value
    end
  end

  private_constant :MessagePack

  # Bytes that aren't msgpack, or more than is read here.
  class MessagePackError < StandardError; end
  private_constant :MessagePackError

  # Reads values one after another.
  class MessagePack::Reader
    MAX_DEPTH = 64

    attr_reader :position

    def initialize(data)
      @data = data.encoding == Encoding::BINARY ? data : data.b
      @position = 0
    end

    # Returns the next value. Bytes come as binary strings, text as UTF-8.
    def read(depth = 0)
      case byte = take(1).getbyte(0)
      when 0x00..0x7f then byte
      when 0x80..0x8f then map(byte & 15, depth)
      when 0x90..0x9f then array(byte & 15, depth)
      when 0xa0..0xbf then text(byte & 31)
      when 0xc0 then nil
      when 0xc2 then false
      when 0xc3 then true
      when 0xc4 then take(number("C", 1))
      when 0xc5 then take(number("n", 2))
      when 0xc6 then take(number("N", 4))
      when 0xc7 then extension(number("C", 1))
      when 0xc8 then extension(number("n", 2))
      when 0xc9 then extension(number("N", 4))
      when 0xca then number("g", 4)
      when 0xcb then number("G", 8)
      when 0xcc then number("C", 1)
      when 0xcd then number("n", 2)
      when 0xce then number("N", 4)
      when 0xcf then number("Q>", 8)
      when 0xd0 then number("c", 1)
      when 0xd1 then number("s>", 2)
      when 0xd2 then number("l>", 4)
      when 0xd3 then number("q>", 8)
      when 0xd4..0xd8 then extension(1 << (byte - 0xd4))
      when 0xd9 then text(number("C", 1))
      when 0xda then text(number("n", 2))
      when 0xdb then text(number("N", 4))
      when 0xdc then array(number("n", 2), depth)
      when 0xdd then array(number("N", 4), depth)
      when 0xde then map(number("n", 2), depth)
      when 0xdf then map(number("N", 4), depth)
      when 0xe0..0xff then byte - 0x100
      else raise MessagePackError, "0x#{byte.to_s(16)} at byte #{@position - 1}"
      end
    end

    # Returns how many items the array has that begins here; they are read next.
    def array_size
      case byte = take(1).getbyte(0)
      when 0x90..0x9f then byte & 15
      when 0xdc then number("n", 2)
      when 0xdd then number("N", 4)
      else raise MessagePackError, "no array at byte #{@position - 1}"
      end
    end

    private

    def take(size)
      raise MessagePackError, "it ends in the middle" if size > @data.bytesize - @position

      @position += size
      @data.byteslice(@position - size, size)
    end

    def number(format, size)
      take(size).unpack1(format)
    end

    def text(size)
      Values.text(take(size).force_encoding(Encoding::UTF_8))
    end

    def array(size, depth)
      bound(size, depth)
      Array.new(size) { read(depth + 1) }
    end

    def map(size, depth)
      bound(size, depth)
      size.times.each_with_object({}) { |_, found| found[read(depth + 1)] = read(depth + 1) }
    end

    # Each item takes a byte at least, so that a length alone can't fill the memory.
    def bound(size, depth)
      raise MessagePackError, "it ends in the middle" if size > @data.bytesize - @position
      raise MessagePackError, "more than #{MAX_DEPTH} lists in one another" if depth >= MAX_DEPTH
    end

    def extension(size)
      kind = number("c", 1)
      digits = take(size)
      raise MessagePackError, "an extension of type #{kind}" unless kind == MessagePack::EXT_INTEGER && digits.match?(/\A-?\d+\z/)

      digits.bytesize > 40_000 ? digits.force_encoding(Encoding::US_ASCII) : digits.to_i
    end
  end
end
