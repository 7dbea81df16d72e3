#!/usr/bin/env escript
%% A server on Erlang/OTP's ssh that runs commands: PORT FOLDER (host keys, authorized_keys)
main([Port, Folder]) ->
    true = code:add_patha(Folder),  % has commands.beam
    {ok, _} = application:ensure_all_started(ssh),
    {ok, _} = ssh:daemon({127, 0, 0, 1}, list_to_integer(Port),
                         [{system_dir, Folder}, {user_dir, Folder}, {auth_methods, "publickey"},
                          {ssh_cli, {commands, []}}]),
    receive stop -> ok end.
