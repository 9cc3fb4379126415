# frozen_string_literal: true

require "net/http"
require "open3"
require "tmpdir"

# The Go programs that tests need: those that the environment names, or built once a run.
module Tools
  module_function

  def gonfalon
    @gonfalon ||= ENV["GONFALON_BIN"] || build("./cmd/gonfalon")
  end

  def contract
    @contract ||= ENV["GONFALON_CONTRACT"] || build("./hostsdk/contract")
  end

  def build(package)
    folder = Dir.mktmpdir("gonfalon-ruby-")
    Minitest.after_run { FileUtils.rm_rf(folder) }
    program = File.join(folder, File.basename(package))
    system("go", "build", "-o", program, package, chdir: TREE, exception: true)
    program
  end

  # Yields the address of a server that the contract's program plays.
  def serve(*arguments)
    Open3.popen2(contract, *arguments) do |input, output, _|
      yield output.gets.chomp
    ensure
      input.close
    end
  end
end
