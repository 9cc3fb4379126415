# frozen_string_literal: true

module Gonfalon
  # What programs ask that is probably not what they mean. It is counted, and logged once.
  class Mistakes
    MOST = 1000 # different mistakes that are remembered, so that each is logged once; later ones are only counted

    attr_reader :unknown, :unreadable # decisions about unknown flags; decisions whose context has something that can't be read

    def initialize(log)
      @log = log
      @unknown = @unreadable = 0
      @told = {}
    end

    # Notes a decision about a flag that the snapshot doesn't have.
    def unknown_flag(key)
      @unknown += 1
      tell("there is no flag #{quoted(key)}: it is off")
    end

    # Notes decisions whose context has parts that can't be read.
    def unreadable_context(wrong, decisions = 1)
      @unreadable += decisions
      wrong.each { |what| tell("a context has #{what}: see the table of contexts in the documentation") }
    end

    private

    def tell(message)
      return if @told.key?(message) || @told.size >= MOST

      @told[message] = true
      @log.warn(message)
    end

    def quoted(key)
      text = String === key || Symbol === key ? key.to_s.dump : Values.class_name(key)
      text.size > 200 ? "#{text[0, 200]}…" : text
    end
  end
  private_constant :Mistakes
end
