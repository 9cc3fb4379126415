# frozen_string_literal: true

module Gonfalon
  # A context's values, as the engine reads them. The mapping is the same in every SDK: a float without a fraction
  # within ±2^53 is an integer, integers of any size stay exact, what isn't valid Unicode becomes U+FFFD, times are
  # ISO 8601 in UTC, and what has no place in the engine's values (NaN, objects …) is nil. A Symbol is its text, and a
  # String of any encoding is its text in UTF-8.
  module Values
    MAX_ATTRIBUTES = 256 # of a request, by the module's ABI
    MAX_INTEGER_BITS = 1 << 17 # 39,000 digits: writing more takes time that grows with their square
    MAX_LISTED = 100_000 # groups and attributes of a context, and values in one attribute: an enumerator may have no end
    MAX_DEPTH = 16 # of lists and maps in one another: nobody targets deeper, and it bounds the work
    EXACT = 1 << 53 # up to here a float holds every integer
    INT64 = (-(1 << 63)..(1 << 63) - 1)

    CLASS = Kernel.instance_method(:class) # also of an object that has no methods

    module_function

    # Returns a string in valid UTF-8, with U+FFFD in place of each byte that is wrong. Bytes without an encoding are
    # read as UTF-8, because that is how web servers hand in headers.
    def text(string)
      string = String.new(string) unless string.instance_of?(String) # a subclass could answer anything
      return string if string.encoding == Encoding::UTF_8 && string.valid_encoding?

      case string.encoding
      when Encoding::UTF_8 then scrub(string)
      when Encoding::BINARY, Encoding::US_ASCII then scrub(string.dup.force_encoding(Encoding::UTF_8))
      else string.encode(Encoding::UTF_8, invalid: :replace, undef: :replace, replace: "\u{FFFD}")
      end
    rescue EncodingError # an encoding that nothing converts
      scrub(string.dup.force_encoding(Encoding::UTF_8))
    end

    def scrub(string)
      string.scrub { |bytes| "\u{FFFD}" * bytes.bytesize }
    end

    # Returns the attributes by name, as the engine reads them. A name that is no text is left out, a value that
    # raises is nil, and both are noted in wrong. Raises ContextError if there are more than are read.
    def attributes(given, wrong)
      return {} if nil.equal?(given)

      unless Hash === given
        wrong << "#{class_name(given)} as the attributes"
        return {}
      end
      raise ContextError, "there are more than #{MAX_LISTED} attributes" if many?(given)

      given.each_with_object({}) do |(name, value), mapped|
        case name
        when String, Symbol then name = text(name.to_s)
        else
          wrong << "#{class_name(name)} as an attribute's name"
          next
        end
        mapped.delete(name) # the later of two counts
        mapped[name] = guarded(value, wrong)
      end
    end

    # Returns the attributes of these names; nil: all. Other values aren't read.
    def only(given, names)
      return given unless names && given.instance_of?(Hash)
      return {} if names.empty?
      return given if many?(given)

      given.select { |name, _| Symbol === name ? names.include?(name.name) : !(String === name) || names.include?(text(name)) }
    end

    # Reports whether a context has more attributes than are read.
    def many?(attributes)
      attributes.size > MAX_LISTED
    end

    def guarded(value, wrong)
      map(value, 0, [MAX_LISTED])
    rescue Failure => e
      wrong << "an attribute of #{class_name(value)}, which raises #{Values.class_name(e)}"
      nil
    end

    # Returns one value as the engine reads it. depth counts the lists and maps around it, left how many values may still come.
    def map(value, depth, left)
      case value
      when nil, true, false then value
      when String then text(value).dup # what the program does to its own changes nothing
      when Symbol then text(value.name)
      when Integer then integer(value)
      when Float then number(value)
      when Hash then hash(value, depth, left)
      when Array then spend(value, left).map { |item| map(item, depth + 1, left) } if depth < MAX_DEPTH
      when Time then moment(value)
      when Rational then rational(value)
      else foreign(value)
      end
    end

    # Returns a list or a map, if all that is in it may still come.
    def spend(values, left)
      left[0] -= values.size
      raise ContextError, "an attribute has more than #{MAX_LISTED} values" if left[0].negative?

      values
    end

    # Returns an integer, or nil for one that takes too long to write.
    def integer(value)
      value if value.bit_length <= MAX_INTEGER_BITS
    end

    def number(value)
      return nil unless value.finite?

      value == value.floor && value.abs <= EXACT ? value.to_i : value
    end

    def rational(value)
      value.denominator == 1 ? integer(value.numerator) : number(value.to_f)
    end

    # Returns a nested map with ascending keys; nil if it is too deep or has a key that is no text.
    def hash(value, depth, left)
      return nil unless depth < MAX_DEPTH && spend(value, left).each_key.all? { |key| String === key || Symbol === key }

      mapped = value.to_h { |key, item| [text(key.to_s), map(item, depth + 1, left)] }
      mapped.sort_by { |key, _| key.b }.to_h
    end

    # Returns ISO 8601 in UTC, without trailing zeros.
    def moment(time)
      utc = time.getutc
      fraction = utc.nsec.zero? ? "" : format(".%06d", utc.nsec / 1000).sub(/\.?0+\z/, "")
      utc.strftime("%Y-%m-%dT%H:%M:%S#{fraction}Z")
    end

    # Returns what a value of a library is, where the program has loaded the library.
    def foreign(value)
      if defined?(::BigDecimal) && BigDecimal === value then decimal(value)
      elsif defined?(::DateTime) && DateTime === value then moment(value.to_time)
      elsif defined?(::Date) && Date === value then value.strftime("%Y-%m-%d")
      elsif defined?(::ActiveSupport::TimeWithZone) && ActiveSupport::TimeWithZone === value then moment(value.to_time)
      end
    end

    def decimal(value)
      return nil unless short?(value)

      whole?(value) ? integer(value.to_i) : number(value.to_f)
    end

    # Reports whether a decimal is a number that can be spelled out; one that is far beyond a float could take gigabytes.
    def short?(value)
      value.finite? && value.exponent <= 400
    end

    # Reports whether a decimal has no fraction, and can be spelled out.
    def whole?(value)
      short?(value) && value.frac.zero?
    end

    # Returns the name of an object's class, whatever the object says about itself.
    def class_name(object)
      CLASS.bind_call(object).name || "an unnamed class"
    end
  end

  # Matches what a program's own methods can raise while they are asked: every Exception but those that mean to end the process or a
  # thread. A timeout's throw isn't rescued by anything.
  #
  # Why: RATIONALE.md "Which exceptions go through a decision in Ruby?"
  module Failure
    ENDING = [SystemExit, SignalException, NoMemoryError].freeze

    def self.===(error)
      Exception === error && !ends?(error)
    end

    def self.ends?(error)
      ENDING.any? { |kind| kind === error } || Stop === error ||
        (defined?(::Timeout::ExitException) && ::Timeout::ExitException === error) ||
        (defined?(::Rack::Timeout::RequestTimeoutException) && ::Rack::Timeout::RequestTimeoutException === error)
    end
  end
  private_constant :Values, :Failure
end
