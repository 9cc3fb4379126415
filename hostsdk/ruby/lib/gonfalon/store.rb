# frozen_string_literal: true

module Gonfalon
  # A frame that changes nothing; the old snapshot goes on serving.
  class Refused < StandardError; end
  private_constant :Refused

  # The snapshot that serves, swapped at once and never changed, and its copy on disk. engine is read without a lock;
  # frames are taken one at a time.
  class Store
    UNRECORDED = "0" * 32 # the lineage of a snapshot that no control plane made

    # A snapshot that is loaded and may be served, and the flags that it changes (if anybody listens).
    Fresh = Struct.new(:engine, :changed)
    private_constant :Fresh

    attr_reader :engine,
                :environment,
                :mistakes,
                :served_at, # when another snapshot began to serve, in Unix microseconds
                :taken, # snapshots from the source
                :refused, # frames that changed nothing
                :traps # times that the engine stopped in the middle of a call
    attr_accessor :broken # decisions that the engine failed to make

    def initialize(environment, status, log, last_good = nil)
      @environment = environment
      @status = status
      @log = log
      @path = last_good && RegularFile.absolute(last_good)
      @mistakes = Mistakes.new(log)
      @taken = @refused = @broken = @traps = 0
      forked
    end

    # In a child process: the parent reports what was counted before.
    def forked
      @lock = Monitor.new
      @usage = {}
      @engine&.forked
    end

    # Serves the bootstrap or the last good snapshot, whichever is newer. A bootstrap that can't be used raises.
    def start(bootstrap)
      first = load(bootstrap) if bootstrap
      kept = read_last_good
      kept = nil if first && kept && first.info.lineage == kept.info.lineage && first.info.revision > kept.info.revision
      serve(fresh(kept || first), confirmed: false) if kept || first
    end

    # Reads, serves and keeps a snapshot. Raises Refused if it may not be served: a lower revision may only if it
    # supersedes the position of what serves.
    def take_snapshot(data, supersedes = nil)
      take { data == @engine&.data ? nil : read(data, supersedes) }
    end

    # Reads, serves and keeps what a delta makes of the snapshot that serves.
    def take_delta(delta)
      take do
        raise Refused, "a delta without a snapshot to apply it to" unless @engine

        begin
          spliced = @engine.splice(delta)
        rescue SnapshotError, Trap, RequestError => e
          raise Refused, "a delta that doesn't apply: #{e.message}"
        end
        read(spliced, nil)
      end
    end

    # Counts a frame that couldn't even be read.
    def refuse(reason)
      @refused += 1
      @log.once(:warn, "a frame was refused: #{reason}")
    end

    # Says that the decisions of these flags can differ from now on, by the snapshot that serves.
    def tell(flags)
      info = @engine&.info
      @status.emit(FlagsChanged.new(flags, info.revision, info.lineage).freeze) if info && !flags.empty?
    end

    # Puts an engine in place of the one that serves, as tests do.
    def replace(engine)
      retired = @engine
      @engine = engine
      retired&.retire
    end

    # Returns the evaluations since the last time: key → [count, Unix microseconds of the last, how often it was on].
    def take_usage
      @lock.synchronize do
        taken = @usage
        @usage = {}
        merge(taken, @engine.take_usage) if @engine
        taken
      end
    end

    # Keeps counts that couldn't be delivered for the next time.
    def put_usage_back(usage)
      @lock.synchronize { merge(@usage, usage) }
    end

    private

    # Listeners are called without the lock, since they may ask for what it guards.
    def take
      fresh = @lock.synchronize { yield }
      return unless fresh

      Thread.handle_interrupt(Stop => :never) do # what serves is also kept
        serve(fresh)
        keep(fresh.engine.data)
      end
    rescue Refused => e
      refuse(e.message)
      raise
    end

    # Swaps the snapshots and says what changed; confirmed: the source stands behind it.
    def serve(fresh, confirmed: true)
      @lock.synchronize do
        retired = @engine
        @engine = fresh.engine
        @served_at = Engine.now
        if retired
          merge(@usage, retired.take_usage)
          retired.retire
        end
      end
      @taken += 1 if confirmed
      confirmed ? @status.contact : @status.loaded
      tell(fresh.changed)
    end

    def read(data, supersedes)
      begin
        engine = load(data)
      rescue SnapshotError, Trap, RequestError, ArgumentError => e
        raise Refused, e.message
      end
      return fresh(engine) unless @engine && !replaceable?(@engine.info, engine.info, supersedes)

      engine.retire
      raise Refused, "revision #{engine.info.revision} is not above #{@engine.info.revision}, which serves" unless same?(engine)
    end

    def same?(engine)
      engine.info.id == @engine.info.id
    end

    # Reports whether a snapshot may take the place of what serves.
    def replaceable?(old, new, supersedes)
      return false if new.id == old.id

      if supersedes == old.position
        @log.warn("environment #{new.environment} goes back: #{new.position} takes the place of #{old.position}")
      elsif new.lineage == old.lineage
        # One that was made offline is taken as it comes: its revision means nothing.
        return new.lineage == UNRECORDED || new.revision > old.revision
      else
        @log.warn("environment #{new.environment} has another lineage: #{new.position}, was #{old.position}")
      end
      true
    end

    def fresh(engine)
      Fresh.new(engine, @status.heard? ? Records.changed(@engine&.data, engine.data) : [])
    end

    def load(data)
      engine = Engine.new(data, @mistakes, method(:trapped))
      info = engine.info
      if @environment && info.environment != @environment
        engine.retire
        raise ArgumentError, "a snapshot of environment #{info.environment.inspect}, not of #{@environment.inspect}"
      end
      if info.unreadable.positive?
        @log.warn("a newer control plane wrote #{info.unreadable} records that this engine can't read; such flags are off, and so are " \
                  "those that require them")
      end
      engine
    end

    def trapped(trap)
      @traps += 1
      @log.error("the engine trapped and was loaded again from the snapshot that serves: #{trap.message}")
    end

    def read_last_good
      load(RegularFile.read(@path, Instance::MAX_BYTES)) if @path
    rescue Errno::ENOENT
      nil
    rescue SystemCallError, SnapshotError, Trap, RequestError, ArgumentError => e
      @log.once(:warn, "the last good snapshot #{@path} is ignored: #{e.message}")
      nil
    end

    # Writes the last good snapshot. Failing to do so is logged: it is no reason to stop serving.
    def keep(data)
      RegularFile.write(@path, data) if @path
    rescue SystemCallError, ArgumentError => e
      @log.once(:warn, "the last good snapshot can't be written to #{@path}: #{e.message}", :write)
    end

    def merge(into, usage)
      usage.each do |key, (count, last, on)|
        known = into[key] ||= [0, last, 0]
        known[0] += count
        known[1] = [known[1], last].max
        known[2] += on
      end
    end
  end
  private_constant :Store
end
