# frozen_string_literal: true

require "securerandom"

module Gonfalon
  # What a client tells the control plane about itself: how often its flags were evaluated, and which revision serves,
  # so that an operator sees which hosts serve a change.
  class Host
    WITHIN = 2.0 # seconds after another revision serves: hosts tell at random moments, so that they don't all do so at once
    PAUSE = 5.0 # seconds: a host tells at most once in these, however many changes there are

    def initialize(store, status, wire, pace, via)
      @store = store
      @status = status
      @wire = wire
      @pace = pace
      @via = via
      @id = SecureRandom.hex(8)
      @lock = Monitor.new
      @plain = false # an older server, which knows nothing of hosts
      @silent = false # the last report failed: the next one is a regular one
      @told = 0 # reports that have arrived, or may have: all but those that failed
      @gone = false
    end

    # Reports each minute, and soon after another revision serves, until it is stopped. The last report goes with
    # that.
    def run
      moves = 0
      regular = now + jittered(@pace.usage)
      soon = known = nil
      earliest = now
      loop do
        serves = @store.engine&.info
        unless serves.equal?(known)
          known = serves
          soon = [earliest, now].max + (WITHIN * rand)
        end
        moves = @status.rest(moves, [regular, soon].compact.min - now)
        if soon && now >= soon
          soon = nil
          earliest = now + PAUSE
          quietly { report({}) } unless @silent || @plain
        end
        if now >= regular
          regular = now + jittered(@pace.usage)
          quietly { report_usage }
        end
      end
    ensure
      @gone = true
      quietly { report_usage(@pace.farewell) }
    end

    # Sends what was counted; what can't be delivered is kept for the next time, and the error raised. Threads that do so at once don't
    # wait for each other, since an answer can take long.
    def report_usage(patience = nil)
      deadline = patience && (now + patience)
      counts = @store.take_usage
      report({}, deadline) if counts.empty?
      until counts.empty?
        batch = counts.first(Wire::USAGE_FLAGS).to_h
        report(batch, deadline)
        counts = counts.reject { |key, _| batch.key?(key) }
      end
    ensure
      @store.put_usage_back(counts) if counts && !counts.empty?
    end

    private

    # Sends counts, which may be none: the host is still there, or ends.
    def report(counts, deadline = nil)
      return if counts.empty? && (@plain || (@gone && @told.zero?))

      plain = @plain
      count(1)
      begin
        @wire.usage(counts, plain ? nil : about, deadline ? deadline - now : Wire::TIMEOUT)
      rescue Failure => e # not Stop, which cuts off what may arrive
        count(-1)
        @silent = true
        raise unless WireError === e && e.status == 400 && !plain

        @plain = true
        return report(counts, deadline)
      end
      @silent = false
    end

    # Counts a report, or one less. A program's threads report as well.
    def count(one)
      @lock.synchronize { @told += one }
    end

    # Whatever it is, what was counted goes with the next report.
    def quietly
      yield
    rescue Failure
      nil
    end

    def about
      about = { id: @id, sdk: "ruby", version: VERSION, revision: 0, via: @via }
      info = @store.engine&.info
      about.update(revision: info.revision, lineage: info.lineage) if info
      about[:gone] = true if @gone
      about
    end

    def jittered(seconds)
      seconds * (0.9 + (rand / 5))
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
  private_constant :Host
end
