# frozen_string_literal: true

require "logger"

module Gonfalon
  # The program's log, or warnings on standard error. A log that raises keeps no decision from being made, and one
  # that rescues whatever comes, as Ruby's own does, keeps no worker from being stopped. A line is short, and never has the token in it.
  class Log
    LONGEST = 1000 # characters of a line: servers and programs say what they like
    MOST = 1000 # different lines of which it is remembered that they were said
    SHORT = 8 # a token of fewer characters may be a word of the line

    def initialize(logger, token = nil)
      @logger = logger || Logger.new($stderr, level: Logger::WARN, progname: "gonfalon")
      @token = /#{Regexp.escape(token)}/i if token && token.size >= SHORT
      @said = {}
    end

    %i[info warn error].each do |level|
      define_method(level) do |message|
        Thread.handle_interrupt(Stop => :never) { @logger.public_send(level, clean(message)) }
      rescue Failure
        nil
      end
    end

    # Says something once; kind is what is said once, the message if there is none.
    def once(level, message, kind = message)
      kind = kind.hash
      return if @said.key?(kind) || @said.size >= MOST

      @said[kind] = true
      public_send(level, message)
    end

    # Returns a text as a log or an error has it, whoever wrote it: without the token, on one line, not too long.
    def clean(message)
      text = Values.text(message)
      text = text.gsub(@token, "[token]") if @token
      text = text[0, LONGEST + 1].gsub(Words::SHOWN_OTHERWISE) { |sign| %w[" \\].include?(sign) ? sign : format("\\u%04x", sign.ord) }
      text.size > LONGEST ? "#{text[0, LONGEST - 1]}…" : text
    end

    # The token is nobody's to see.
    def inspect
      "#<Gonfalon::Log>"
    end

    # Says what an error is, whatever its own methods do.
    def self.describe(error)
      said = begin
        error.message.to_str
      rescue Failure
        nil
      end
      [Values.class_name(error), said].compact.join(": ")
    end
  end
  private_constant :Log
end
