# frozen_string_literal: true

module Gonfalon
  # What deciding one flag can ask for (the ABI's "needs"), and the requests that ask no more than that. The rest of a
  # context is neither read nor written.
  class Needs
    HALF = 1 << 63 # a negative roll stands for its two's complement
    NO_GROUPS = "\x90".b.freeze
    NO_ATTRIBUTES = "\x80".b.freeze
    NEITHER = "\x00\x00".b.freeze # the time and chance of a flag that asks for neither

    attr_reader :key, # the flag's, as text
                :groups, # every group that a gate names
                :attributes, # the attributes that rules look at; nil: all that there are, and all groups
                :fixed # the packed decision, if it is the same for every request and points at nothing; otherwise nil

    # Returns the request for several flags or (nil) all of them, or for one by its key, with all that there is.
    def self.whole(flags, actor, groups, now, roll, attributes)
      MessagePack.pack([flags, actor, groups, now, signed(roll), attributes])
    end

    # Returns the 64 bits of a roll as a number with a sign.
    def self.signed(roll)
      ((roll + HALF) & ((HALF * 2) - 1)) - HALF
    end

    # number is the flag's, nil if there is no such flag; now and roll say whether time and chance matter.
    def initialize(key, groups, attributes, number, now, roll, fixed)
      @key = key.dup.freeze
      @groups = groups.freeze
      @attributes = attributes.freeze
      @now = now
      @roll = roll
      @fixed = fixed
      @alone = groups.empty? && attributes == [] && !now && !roll # nothing but the actor matters
      @head = MessagePack.integer((@alone ? "\x92" : "\x96").b, number || -1).freeze
    end

    # Returns the request for the flag. Parts of the context that can't be read are noted in mistakes.
    def request(actor, groups, attributes, now, roll, mistakes)
      return prepared(actor, groups, attributes, now, roll, mistakes) unless plain?(actor)
      return "#{@head}#{MessagePack.word(actor)}" if @alone

      written = quick(attributes) if groups.nil?
      return prepared(actor, groups, attributes, now, roll, mistakes) if written.nil?

      "#{@head}#{MessagePack.word(actor)}#{NO_GROUPS}#{chance(now, roll)}#{written}"
    end

    private

    def plain?(text)
      String === text && text.instance_of?(String) && text.encoding == Encoding::UTF_8 && text.valid_encoding?
    end

    def prepared(actor, groups, attributes, now, roll, mistakes)
      context = Context.of(actor, groups, Values.only(attributes, @attributes))
      mistakes.unreadable_context(context.unreadable) unless context.unreadable.empty?
      return "#{@head}#{context.packed_actor}" if @alone

      member_of = @attributes.nil? || !@groups.empty? ? context.packed_groups(@groups) : NO_GROUPS
      "#{@head}#{context.packed_actor}#{member_of}#{chance(now, roll)}#{context.packed_attributes(@attributes)}"
    end

    # Returns the attributes that matter, if their names and values are plain; nil leaves them to a context.
    def quick(attributes)
      return NO_ATTRIBUTES if @attributes == [] || nil.equal?(attributes)
      return nil if @attributes.nil? || !attributes.instance_of?(Hash) || Values.many?(attributes)

      found = {}
      attributes.each do |name, value|
        name = name.name if Symbol === name
        return nil unless plain?(name)
        next unless @attributes.include?(name)
        return nil unless plain_value?(value)

        found[name] = value # the later of two counts
      end
      MessagePack.pack(found)
    end

    def plain_value?(value)
      case value
      when true, false, nil then true
      when String then plain?(value)
      when Integer then Values::INT64.cover?(value)
      else false
      end
    end

    def chance(now, roll)
      return NEITHER unless @now || @roll

      out = MessagePack.integer(String.new(encoding: Encoding::BINARY), @now ? now || Engine.now : 0)
      MessagePack.integer(out, @roll ? Needs.signed(roll || Random.rand(1 << 64)) : 0)
    end
  end
  private_constant :Needs
end
