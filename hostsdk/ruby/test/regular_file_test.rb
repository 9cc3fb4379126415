# frozen_string_literal: true

require_relative "helper"
require "pathname"
require "socket"
require "tmpdir"

# Paths that a program gives: what is there isn't always a regular file.
class RegularFileTest < Minitest::Test
  ONE = Frames.snapshot(1, a: true)
  TWO = Frames.snapshot(2, a: true)

  def setup
    @folder = Dir.mktmpdir
    @log = StringIO.new
  end

  def teardown
    FileUtils.rm_rf(@folder)
  end

  # Yields each thing that is no regular file, and how to see that it is still the same.
  def each_oddity
    File.mkfifo(pipe = File.join(@folder, "pipe"))
    socket = UNIXServer.new(File.join(@folder, "socket"))
    Dir.mkdir(folder = File.join(@folder, "folder"))
    File.symlink(pipe, to_pipe = File.join(@folder, "to_pipe"))
    File.symlink(File.join(@folder, "none"), nowhere = File.join(@folder, "nowhere"))
    [pipe, socket.path, folder, to_pipe, nowhere, "#{@folder}/a\0b"].each { |path| yield path, path.include?("\0") ? nil : File.lstat(path).ftype }
  ensure
    socket&.close
  end

  def test_a_last_good_that_is_no_file_is_neither_read_nor_replaced
    FakeServer.open(ONE) do |server|
      each_oddity do |path, kind|
        log = StringIO.new
        Timeout.timeout(20) do
          Gonfalon::Client.open(endpoint: server.url, token: "token", last_good: path, poll_interval: 0.01, **QUICK, logger: Logger.new(log)) do |flags|
            assert flags.wait_ready(timeout: 10), path
            taken = flags.info.revision
            server.snapshot = Frames.snapshot(taken + 1, a: true)
            assert flags.wait_for(taken + 1, timeout: 10)
            assert flags.enabled?(:a)
          end
        end
        assert_equal kind, File.lstat(path).ftype if kind
        assert_equal 1, log.string.scan("can't be written").size, "#{path}: #{log.string}"
      end
    end
  end

  def test_a_file_source_that_is_no_file_is_no_hang
    each_oddity do |path, _|
      Timeout.timeout(10) do
        Gonfalon::Client.open(file: path, **QUICK) { |flags| assert_includes %w[ERROR NOT_READY], flags.state, path }
      end
    end
  end

  def test_an_authority_that_is_no_file_is_an_error_of_the_source
    each_oddity do |path, _|
      Timeout.timeout(10) do
        Gonfalon::Client.open(endpoint: "https://127.0.0.1:9", token: "token", tls: { ca_file: path }, **QUICK, ready_within: 0) do |flags|
          Watcher.new(flags).until_true { flags.stats.last_error.to_s.include?("ca_file") }
        end
      end
    end
  end

  def test_a_bootstrap_that_is_no_file_is_said
    each_oddity do |path, _|
      next if path.include?("\0") # no Pathname has one

      assert_raises(ArgumentError, Errno::ENOENT, path) { Timeout.timeout(10) { Gonfalon::Client.new(bootstrap: Pathname.new(path)) } }
    end
  end

  def test_a_link_to_a_file_stays_one
    path = File.join(@folder, "flags")
    File.binwrite("#{path}.real", ONE)
    File.symlink("#{path}.real", path)
    GonfalonRegularFile.write(path, TWO)
    assert_equal [true, TWO], [File.symlink?(path), File.binread("#{path}.real")]
  end

  def test_what_killed_processes_left_is_deleted
    path = File.join(@folder, "flags")
    old = "#{path}.#{"0" * 16}"
    [old, "#{path}.#{"1" * 16}", "#{path}.mine"].each { |name| File.write(name, "half") }
    File.utime(Time.now - 1000, Time.now - 1000, old, "#{path}.mine")
    GonfalonRegularFile.write(path, ONE)
    assert_equal %W[flags flags.#{"1" * 16} flags.mine], Dir.children(@folder).sort
  end
end
