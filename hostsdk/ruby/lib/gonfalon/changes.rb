# frozen_string_literal: true

module Gonfalon
  # A snapshot's records by key, and how flags refer to others. It reads the records of FORMAT.md; the snapshot has
  # been loaded, so it is sound, but a newer server may have written some records in a form that isn't known here.
  #
  # Why: RATIONALE.md "Why do SDKs read flags' records?"
  class Records
    # The members of a flag's record.
    GROUPS = 5
    RULES = 6
    VARIANTS = 7
    PREREQUISITES = 8
    WINDOWS = 9
    DENIED = 1
    ALLOWED = 2

    attr_reader :settings, :segments, :flags

    def initialize(data)
      header, segments, flags = data ? MessagePack.unpack(data) : [[], [], []]
      @settings = header[5]
      @segments = segments.to_h
      @flags = flags.to_h
      @records = {}
    end

    # Returns the segments that a flag's gates name.
    def segments_of(key)
      part(key, RULES).grep(Array).map { |rule| rule[1] }.grep(String)
    end

    # Returns the flags that a flag requires, on or off.
    def parents_of(key)
      part(key, PREREQUISITES).each_slice(2).map(&:first).grep(String)
    end

    # Returns when a flag's schedules open and close, in Unix microseconds.
    def edges_of(key)
      part(key, WINDOWS).grep(Integer)
    end

    # Reports whether a flag allows some groups and denies others, so that the setting of which win matters.
    def torn?(key)
      states = part(key, GROUPS).each_slice(2).map(&:last)
      states.any? { |state| state != ALLOWED } && states.any? { |state| state != DENIED }
    end

    # Returns the keys, and those of the flags that require one of them, through any number of parents, in one of the
    # snapshots.
    def self.with_dependents(keys, *snapshots)
      children = Hash.new { |hash, key| hash[key] = [] }
      snapshots.each { |records| records.flags.each_key { |key| records.parents_of(key).each { |p| children[p] << key } } }
      found = keys.to_h { |key| [key, true] }
      queue = found.keys
      while (key = queue.pop)
        children.fetch(key, []).each do |child|
          next if found.key?(child)

          found[child] = true
          queue << child
        end
      end
      found.keys.sort_by(&:b)
    end

    # Returns the keys of every flag whose decision can differ between two snapshots, ascending.
    def self.changed(old, new)
      before = Records.new(old)
      after = Records.new(new)
      every = before.flags.keys | after.flags.keys
      changed = every.reject { |key| before.flags[key] == after.flags[key] }
      changed |= every.select { |key| before.torn?(key) || after.torn?(key) } if old && before.settings != after.settings
      segments = (before.segments.keys | after.segments.keys).reject { |key| before.segments[key] == after.segments[key] }
      unless segments.empty?
        changed |= every.select { |key| (segments & (before.segments_of(key) | after.segments_of(key))).any? }
      end
      with_dependents(changed, before, after)
    end

    private

    # Returns a list in a flag's record; nothing if there is no record, or it is of an unknown form.
    def part(key, index)
      part = record(key)[index]
      Array === part ? part : []
    end

    def record(key)
      @records[key] ||= begin
        record = MessagePack.unpack(@flags[key] || "\x90".b)
        Array === record ? record : []
      rescue MessagePackError
        []
      end
    end
  end

  # When the schedules of a snapshot open and close, in Unix microseconds.
  class Schedules
    OPEN = [-(1 << 63), (1 << 63) - 1].freeze # the ends of a window that has none
    HEADER_BYTES = 4096 # more than a header can take
    COUNT = 8 # the place of the schedules among a header's counts

    # Reports whether a snapshot has any schedule. It reads the header alone.
    def self.any?(data)
      reader = MessagePack::Reader.new(data.byteslice(0, HEADER_BYTES))
      reader.array_size
      reader.read[6][COUNT].positive?
    end

    def initialize(data)
      @records = Records.new(data)
      @edges = @records.flags.keys.flat_map { |key| (@records.edges_of(key) - OPEN).map { |edge| [edge, key] } }.sort
    end

    # Returns the first edge after a time; nil if there is none.
    def next(after)
      @edges.bsearch { |edge, _| edge > after }&.first
    end

    # Returns the flags whose decision the edges after one time and not after another can change.
    def passed(after, till)
      keys = @edges.select { |edge, _| edge > after && edge <= till }.map(&:last)
      keys.empty? ? [] : Records.with_dependents(keys.uniq, @records)
    end
  end
  private_constant :Records, :Schedules
end
