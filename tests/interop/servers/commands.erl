%% A channel of Erlang/OTP's ssh that runs each command in a shell.
-module(commands).
-behaviour(ssh_server_channel).
-export([init/1, handle_msg/2, handle_ssh_msg/2, terminate/2]).

init([]) -> {ok, #{}}.

handle_msg({ssh_channel_up, _, _}, State) -> {ok, State};
handle_msg({Port, {data, Data}}, #{port := Port, cm := Cm, id := Id} = State) ->
    ssh_connection:send(Cm, Id, Data, infinity),
    {ok, State};
handle_msg({Port, {exit_status, Status}}, #{port := Port, cm := Cm, id := Id} = State) ->
    ssh_connection:exit_status(Cm, Id, Status),
    ssh_connection:send_eof(Cm, Id),
    {stop, Id, State};
handle_msg(_, State) -> {ok, State}.

handle_ssh_msg({ssh_cm, Cm, {exec, Id, WantReply, Command}}, State) ->
    ssh_connection:reply_request(Cm, WantReply, success, Id),
    Port = open_port({spawn_executable, "/bin/sh"},
                     [{args, ["-c", Command]}, exit_status, stderr_to_stdout, binary, stream, hide]),
    {ok, State#{port => Port, cm => Cm, id => Id}};
handle_ssh_msg({ssh_cm, _, {signal, Id, _}}, State) -> {ok, State#{signaled => Id}};
handle_ssh_msg(_, State) -> {ok, State}.

terminate(_, #{port := Port}) ->
    case erlang:port_info(Port, os_pid) of
        {os_pid, Pid} -> os:cmd("kill -KILL " ++ integer_to_list(Pid));
        undefined -> ok
    end;
terminate(_, _) -> ok.
