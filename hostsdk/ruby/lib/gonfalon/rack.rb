# frozen_string_literal: true

require "gonfalon"

module Gonfalon
  # Rack middleware: flags for one request, by the request's own context.
  #
  #   require "gonfalon/rack"
  #
  #   use Gonfalon::Middleware, flags do |env|
  #     user = env["warden"]&.user
  #     { actor: user, groups: user&.roles, attributes: { path: env["PATH_INFO"] } }
  #   end
  #
  #   env["gonfalon"].enabled?(:new_checkout)
  #
  # The block is called when the first flag is asked for. It may return a prepared Context, too; without a block
  # nobody is asking. Each flag is decided once a request, so that a request sees one answer, also when the flag
  # changes meanwhile.
  class Middleware
    KEY = "gonfalon"

    def initialize(app, flags, &context)
      @app = app
      @flags = flags
      @context = context || ->(_) {}
    end

    def call(env)
      env[KEY] = RequestFlags.new(@flags, env, @context)
      @app.call(env)
    end
  end

  # A client's questions, asked for one request. It is for the request's own thread.
  class RequestFlags
    include Payloads

    def initialize(flags, env, context)
      @flags = flags
      @env = env
      @block = context
      @decisions = {}
    end

    # Reports whether the flag is on for the request; default counts only where nothing could be decided.
    def enabled?(key, default: false)
      decision = decide(key)
      decision.reason == "NOT_READY" ? default : decision.enabled?
    end

    # Returns the decision about a flag, the same for the whole request.
    def decide(key)
      return @flags.decide(key, context) unless String === key || Symbol === key # what is no key has no answer to keep

      @decisions[Symbol === key ? key.name : String.new(key)] ||= @flags.decide(key, context)
    end

    # Returns who is asking. If the program's block raises, it is a context that can't be read.
    def context
      @context ||= prepare
    end

    private

    def prepare
      asking = @block.call(@env)
      return asking if Context === asking

      asking ||= {}
      Context.new(asking[:actor], groups: asking[:groups], attributes: asking[:attributes])
    rescue Failure => e
      Context.unreadable(ContextError.new("reading the request's context raises #{Values.class_name(e)}"))
    end
  end
end
