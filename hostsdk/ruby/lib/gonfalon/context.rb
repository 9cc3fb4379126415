# frozen_string_literal: true

module Gonfalon
  # A context that can't be read. Its message says what is wrong with it.
  class ContextError < StandardError; end

  # Who is asking: an actor, its groups, and attributes. One that is prepared is read once and used for many
  # decisions:
  #
  #   request = Gonfalon::Context.new("user:3", groups: ["staff"], attributes: { plan: "pro" })
  #   flags.enabled?(:new_checkout, request)
  #
  # An actor is a String, a Symbol, an Integer, a Float without a fraction, or an object with +actor_id+ and perhaps
  # +in_group?(name)+, which is asked only about the groups that a flag names. Anything else is nobody. Making a
  # context never fails. The attributes are read when it is made; changing the hash afterwards changes nothing.
  class Context
    MAX_GROUPS = 256 # of a request, by the module's ABI
    MAX_WRITTEN = 64 # lists of attributes that are remembered as they were written
    MAX_IDS = 4 # objects whose ids are objects, in one another

    # The actor as the module's ABI has it: its key, false for an actor without one, nil for nobody.
    attr_reader :actor, :groups, :attributes

    # Why nothing of the context is known; nil if it was read.
    attr_reader :error

    # What was left out, or counts as nobody, since it can't be read.
    attr_reader :unreadable

    # Returns the context that a call is given, prepared or in parts. Raises ContextError if it is both.
    def self.of(actor, groups, attributes)
      return new(actor, groups: groups, attributes: attributes) unless Context === actor
      raise actor.error if actor.error
      return actor if [nil, [], {}].include?(groups) && [nil, {}].include?(attributes)

      raise ContextError, "groups and attributes are part of a prepared Context; give them when it is made"
    end

    # Returns a context of which nothing is known. No decision rests on it.
    def self.unreadable(error)
      new.tap { |context| context.instance_variable_set(:@error, error) }
    end

    def initialize(actor = nil, groups: nil, attributes: nil)
      wrong = []
      read_groups(actor, groups, wrong)
      @actor = read_actor(actor, wrong)
      # Groups without an actor are somebody's: an actor without a key.
      @actor = false if @actor.nil? && (@in_group || @groups_error || !@groups.empty?)
      read_attributes(attributes, wrong)
      @unreadable = wrong.uniq.freeze
    end

    # Reports whether member_of depends on the groups that flags name.
    def asks?
      !@in_group.nil? || @groups.size > MAX_GROUPS
    end

    # Returns the groups for a request about flags that name these. Raises ContextError if they can't be known.
    def member_of(named)
      raise @groups_error if @groups_error

      found = @in_group ? @groups | asked(named) : @groups
      return found if found.size <= MAX_GROUPS

      found &= named
      return found if found.size <= MAX_GROUPS

      raise ContextError, "the flag names #{found.size} of the actor's groups, more than #{MAX_GROUPS}"
    end

    # Returns the attributes for a request about flags that look at these; nil: at all. Raises ContextError if they
    # can't be known, or are too many.
    def known(names)
      return {} if names && names.empty?
      raise @attributes_error if @attributes_error
      return @attributes if @attributes.size <= Values::MAX_ATTRIBUTES
      raise ContextError, "there are #{@attributes.size} attributes, more than #{Values::MAX_ATTRIBUTES}" if names.nil?

      @attributes.slice(*names)
    end

    # The parts of a request, written once where they are the same for every flag.

    def packed_actor
      @packed_actor ||= MessagePack.pack(@actor).freeze
    end

    def packed_groups(named)
      return @packed_groups ||= MessagePack.pack(member_of(named)).freeze unless asks? || @groups_error

      MessagePack.pack(member_of(named))
    end

    def packed_attributes(names)
      @packed_attributes[names] || write_attributes(names)
    end

    def inspect
      "#<Gonfalon::Context #{@actor.inspect} groups=#{@groups.inspect} attributes=#{@attributes.inspect}>"
    end

    private

    def read_actor(actor, wrong, depth = 0)
      case actor
      when nil then return nil
      when String then return Values.text(actor).dup
      when Symbol then return Values.text(actor.name)
      when Integer
        return actor.to_s if actor.bit_length <= Values::MAX_INTEGER_BITS
      when Float
        return actor.to_i.to_s if actor.finite? && actor == actor.floor && actor.abs <= Values::EXACT
      when true, false, Array, Hash then nil
      else
        if defined?(::BigDecimal) && BigDecimal === actor
          return actor.to_i.to_s if Values.whole?(actor)
        elsif knows?(actor, :actor_id)
          return identify(actor, wrong, depth) if depth < MAX_IDS
        elsif knows?(actor, :in_group?)
          return false
        end
      end
      wrong << "#{Values.class_name(actor)} as the actor"
      nil
    rescue Failure => e
      wrong << "#{Values.class_name(actor)} as the actor, which raises #{Values.class_name(e)}"
      nil
    end

    def identify(actor, wrong, depth)
      id = actor.actor_id
      nil.equal?(id) ? false : read_actor(id, wrong, depth + 1)
    end

    def read_groups(actor, groups, wrong)
      @groups = [].freeze
      @in_group = membership(actor) || membership(groups)
      @groups = names(groups, wrong).freeze unless @in_group && !(Array === groups || String === groups)
    rescue Failure => e
      @groups_error = unreadable_part("groups", e)
    end

    # Returns what answers "in this group?", if the object does.
    def membership(object)
      case object
      when nil, String, Symbol, Integer, Array, Hash then nil
      when Proc, Method then object
      else ->(name) { object.in_group?(name) } if knows?(object, :in_group?)
      end
    end

    # Returns the groups that are given by name. A lone text is one group; what is no text is left out, and noted in
    # wrong.
    def names(groups, wrong)
      case groups
      when nil then []
      when String, Symbol then [Values.text(groups.to_s)]
      when Hash then refuse(groups, wrong)
      when Enumerable
        raise ContextError, "there are more than #{Values::MAX_LISTED} groups" if Array === groups && groups.size > Values::MAX_LISTED

        groups.each_with_index.filter_map do |name, index|
          raise ContextError, "there are more than #{Values::MAX_LISTED} groups" if index >= Values::MAX_LISTED

          case name
          when String, Symbol then Values.text(name.to_s)
          else
            wrong << "#{Values.class_name(name)} as a group" if index < 16
            nil
          end
        end.to_a # of a lazy list
      else refuse(groups, wrong)
      end
    end

    def refuse(groups, wrong)
      wrong << "#{Values.class_name(groups)} as the groups"
      []
    end

    def asked(named)
      named.select { |name| @in_group.call(name) }
    rescue Failure => e
      raise unreadable_part("groups", e)
    end

    # Writes the attributes of these names, and remembers them by the list's identity, which flags share.
    def write_attributes(names)
      known = known(names)
      written = MessagePack.pack(names ? known.slice(*names) : known).freeze
      @packed_attributes.clear if @packed_attributes.size >= MAX_WRITTEN
      @packed_attributes[names] = written
    end

    def read_attributes(given, wrong)
      @packed_attributes = {}.compare_by_identity
      @attributes = {}.freeze
      @attributes = Values.attributes(given, wrong).freeze
    rescue Failure => e
      @attributes_error = unreadable_part("attributes", e)
    end

    # Says what reading a part of a context came to. What the error says may be personal.
    def unreadable_part(part, error)
      ContextError === error ? error : ContextError.new("reading the #{part} raises #{Values.class_name(error)}")
    end

    def knows?(object, name)
      object.respond_to?(name)
    rescue Failure # an object that doesn't even say that
      false
    end
  end
end
