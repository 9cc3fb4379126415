# frozen_string_literal: true

require "monitor"

module Gonfalon
  # NOT_READY: nothing is loaded yet · READY: a snapshot serves, and the source confirms it · STALE: a snapshot
  # serves, but the source is unreachable or hasn't answered yet · ERROR: nothing is loaded, and the source refuses.
  STATES = %w[NOT_READY READY STALE ERROR].freeze

  # The client's state has changed. error says what is wrong with the source, if anything is.
  StateChanged = Struct.new(:state, :previous, :error)

  # Another snapshot serves, or a schedule has opened or closed. flags are the keys of every flag whose decision can
  # differ now, also by a segment, a setting or a flag that it requires.
  FlagsChanged = Struct.new(:flags, :revision, :lineage)

  # State and listeners of one client. Each listener is called in a thread of its own, or (aside: false) in the one that changes something.
  class Status
    attr_reader :losses, # times that the source was lost
                :error, # what the source's trouble is, for people; nil once it is well again
                :heard_at # when somebody began to listen, in Unix microseconds

    def initialize(log, ttl: nil, grace: 5.0, aside: true)
      @log = log
      @ttl = ttl
      @grace = grace
      @aside = aside
      @state = "NOT_READY"
      @loaded = @answered = @closed = false
      @refused = false # the source answers, but with a refusal
      @losses = 0
      @moves = 0
      @listeners = [].freeze
      forked
    end

    # In a child process: another thread may have held a lock.
    def forked
      @lock = Monitor.new
      @moved = @lock.new_cond
    end

    def state
      settle
      @state
    rescue ThreadError # in a trap handler, which can't take a lock
      now_state
    end

    # Returns the seconds since the source last confirmed the snapshot; nil if it never did.
    def age
      @contact && (now - @contact)
    end

    # Notes that a snapshot serves, and that the source stands behind it.
    def contact
      change do
        @contact = now
        @loaded = @answered = true
        @refused = false
        @lost = @error = nil
      end
    end

    # Notes that a snapshot serves that the source hasn't confirmed.
    def loaded
      change { @loaded = true }
    end

    # Notes that nothing is loaded any more.
    def unloaded
      change { @loaded = @refused = false }
    end

    # Notes that the source is away. The state follows when that lasts longer than the grace.
    def failed(error)
      change do
        @losses += 1
        @error = @log.clean(error)
        @lost ||= now
      end
    end

    # Notes that the source refuses, or sends what can't be read.
    def refused(error)
      change do
        @refused = true
        @error = @log.clean(error)
      end
    end

    # Notes that a start needn't wait any longer.
    def answered
      change { @answered = true }
    end

    def answered?
      @answered
    end

    # Wakes everything that waits, for good.
    def close
      change { @closed = true }
    end

    # Ends the listeners, once they have what waits for them; waits for that at most so many seconds.
    def hush(seconds)
      ends = now + seconds
      @listeners.each { |listener| listener.close([ends - now, 0].max) }
    end

    def closed?
      @closed
    end

    # Calls the listener on each event from now on. Returns a Proc that ends that.
    def subscribe(block)
      listener = Listener.new(block, @log)
      change do
        @listeners = [*@listeners, listener].freeze
        @heard_at = Engine.now
      end
      lambda do
        @lock.synchronize { @listeners = @listeners.reject { |known| known.equal?(listener) }.freeze }
        listener.close
      end
    end

    # Reports whether anybody listens.
    def heard?
      !@listeners.empty?
    end

    # Hands the listeners an event.
    def emit(event)
      @listeners.each { |listener| @aside ? listener.tell(event) : listener.call(event) }
    end

    # Takes the state to what it is by now, and tells if it is another one.
    def settle
      change {} if now_state != @state
    end

    # Waits until the block is true, which is looked at after each change. Returns false if that takes longer than the
    # timeout, or the client is closed.
    def await(timeout)
      limit = timeout && (now + timeout)
      @lock.synchronize do
        loop do
          return true if yield
          return false if @closed || (limit && now >= limit)

          @moved.wait(limit && (limit - now))
        end
      end
    end

    # Waits for the next change after a number of them, at most for these seconds (nil: without an end). Returns the
    # number by then.
    def rest(moves, seconds)
      @lock.synchronize do
        @moved.wait(seconds) if @moves == moves && !(seconds && seconds <= 0)
        @moves
      end
    end

    # Returns the seconds until the state can change by itself: 0 if it has since it was settled, nil if it can't.
    def due
      at = now
      return 0 if now_state(at) != @state

      lost = @lost # which another thread may take away
      contact = @contact
      return nil unless @loaded && contact

      left = []
      left << (@grace - (at - lost)) if lost
      left << (@ttl - (at - contact)) if @ttl
      left.select(&:positive?).min
    end

    private

    def change
      event = @lock.synchronize do
        yield
        @moves += 1
        @moved.broadcast
        previous = @state
        @state = now_state
        StateChanged.new(@state, previous, @error).freeze if @state != previous
      end
      tell(event) if event
    end

    def tell(event)
      level = event.previous == "READY" || event.state == "ERROR" ? :warn : :info
      @log.public_send(level, "#{event.state}, was #{event.previous}#{": #{event.error}" if event.error}")
      emit(event)
    end

    def now_state(at = now)
      return @refused ? "ERROR" : "NOT_READY" unless @loaded

      lost = @lost
      contact = @contact
      stale = contact.nil? || (lost && at - lost >= @grace) || (@ttl && at - contact > @ttl)
      stale ? "STALE" : "READY"
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
  private_constant :Status
end
