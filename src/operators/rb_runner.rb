# Calls what rb> names: ARGV is COMMAND INPUT OUTPUT.
require 'json'

module DigdagEnv
  PARAMS = JSON.parse(File.read(ARGV[1]))['params']
  SUBTASK_CONFIG = {}
  EXPORT_PARAMS = {}
  STORE_PARAMS = {}
  STATE_PARAMS = {}
end

module Digdag
  # Digdag.env: what the task sees, and what it wants to leave behind.
  class Env
    def params
      DigdagEnv::PARAMS
    end

    def subtask_config
      DigdagEnv::SUBTASK_CONFIG
    end

    def export_params
      DigdagEnv::EXPORT_PARAMS
    end

    def store_params
      DigdagEnv::STORE_PARAMS
    end

    def state_params
      DigdagEnv::STATE_PARAMS
    end

    def set_state(**values)
      state_params.merge!(values)
    end

    def export(**values)
      export_params.merge!(values)
    end

    def store(**values)
      store_params.merge!(values)
    end

    # add_subtask(config), add_subtask(:method, config = {}), add_subtask(Class, :method, config = {})
    def add_subtask(*given)
      config = given.last.is_a?(Hash) ? given.pop.dup : {}
      case given.length
      when 0
        raise ArgumentError, 'wrong number of arguments (0 for 1..3 with the last argument is a Hash)' if config.empty?
      when 1
        config['rb>'] = method_name(given[0]).to_s
      when 2
        config['rb>'] = class_method(given[0], method_name(given[1]))
      else
        raise ArgumentError, "wrong number of arguments (#{given.length} for 1..3 with the last argument is a Hash)"
      end
      check_json(config)
      subtask_config["+subtask#{subtask_config.length}"] = config
      nil
    end

    private

    def method_name(given)
      raise ArgumentError, "Second argument must be a Symbol but got #{given.inspect}" unless given.respond_to?(:to_sym)
      raise ArgumentError, "Method name can't include '.'" if given.to_s.include?('.')
      given.to_sym
    end

    def class_method(owner, method)
      unless owner.is_a?(Class) || owner.respond_to?(:to_sym)
        raise ArgumentError, "First argument must be a Class or Symbol but got #{owner.inspect}"
      end
      name = owner.is_a?(Class) ? owner.name : owner.to_s
      begin
        found = Kernel.const_get(name)
      rescue NameError
        raise ArgumentError, "Could not find class named #{name}"
      end
      unless found.respond_to?(method) || found.public_method_defined?(method)
        raise ArgumentError, "Class #{found} does not have method #{method.inspect}"
      end
      "::#{found}.#{method}"
    end

    def check_json(config)
      JSON.dump(config)
    rescue StandardError => e
      raise ArgumentError, "Parameters must be serializable using JSON: #{e}"
    end
  end

  ENV_OF_TASK = Env.new
  private_constant :ENV_OF_TASK

  def self.env
    ENV_OF_TASK
  end
end

# How a call is made: kept out of the names that tasks see.
module TegaruRunner
  module_function

  # Receiver (nil: a method of the top level), method, and whether an instance is needed first.
  def find(command)
    path = command.split('.')
    method = path.pop.to_sym
    return [nil, method, false] if path.empty?
    owner = Kernel.const_get(path.join('.'))
    [owner, method, owner.public_method_defined?(method)]
  end

  def parameters_of(receiver, method)
    return TOPLEVEL_BINDING.receiver.method(method).parameters if receiver.nil?
    found = receiver.method(method).parameters
    # `new` hands all on to initialize.
    found = receiver.instance_method(:initialize).parameters if method == :new && found == [[:rest]]
    found
  end

  def fail_missing(receiver, method, key)
    shown = receiver.is_a?(Class) ? "#{receiver}." : "#{receiver.class}#"
    raise ArgumentError, "Method '#{shown}#{method}' requires parameter '#{key}' but not set"
  end

  # The parameters that a method takes by name: a list, and keywords.
  def arguments(receiver, method, params)
    list = []
    keywords = {}
    parameters_of(receiver, method).each do |kind, name|
      key = name.to_s
      fail_missing(receiver, method, key) if [:req, :keyreq].include?(kind) && !params.key?(key)
      case kind
      when :req, :opt
        list << params[key] if params.key?(key)
      when :keyreq, :key
        keywords[name] = params[key] if params.key?(key)
      when :keyrest
        keywords.merge!(symbols(params))
      end
    end
    [list, keywords]
  end

  def symbols(map)
    map.each_with_object({}) do |(key, value), made|
      made[key.to_s.to_sym] = value.is_a?(Hash) ? symbols(value) : value
    end
  end

  def send_to(receiver, method, params)
    list, keywords = arguments(receiver, method, params)
    target = receiver.nil? ? TOPLEVEL_BINDING.receiver : receiver
    keywords.empty? ? target.send(method, *list) : target.send(method, *list, **keywords)
  end

  def call(command, params)
    owner, method, is_instance = find(command)
    owner = send_to(owner, :new, params) if is_instance
    send_to(owner, method, params)
    nil
  rescue StandardError, NotImplementedError => e
    e
  end

  def write(path, error)
    results = { 'subtask_config' => DigdagEnv::SUBTASK_CONFIG, 'export_params' => DigdagEnv::EXPORT_PARAMS,
                'store_params' => DigdagEnv::STORE_PARAMS }
    if error
      results['error'] = { 'class' => error.class.to_s, 'message' => error.message, 'backtrace' => error.backtrace }
    end
    File.write(path, JSON.generate(results))
  end
end

$LOAD_PATH << File.expand_path(Dir.pwd)
tegaru_error = TegaruRunner.call(ARGV[0], DigdagEnv::PARAMS)
TegaruRunner.write(ARGV[2], tegaru_error)
raise tegaru_error if tegaru_error
