#!/usr/bin/env escript
%% A server on Erlang/OTP's ssh that runs commands: PORT FOLDER (host keys, authorized_keys) WAY (servers.py)
main([Port, Folder, Way]) ->
    Login = login(Way),
    true = code:add_patha(Folder),  % has commands.beam
    {ok, _} = application:ensure_all_started(ssh),
    {ok, _} = ssh:daemon({127, 0, 0, 1}, list_to_integer(Port),
                         [{system_dir, Folder}, {user_dir, Folder}, {ssh_cli, {commands, []}} | Login]),
    receive stop -> ok end.

login("keys") -> [{auth_methods, "publickey"}];
login("password") -> [{auth_methods, "password"}, {pwdfun, fun is_right/2}];
login("interactive") -> [{auth_methods, "keyboard-interactive"}, {pwdfun, fun is_right/2}];
login("open") -> [{no_auth_needed, true}];
login(_) -> halt(3).  % keyboard-interactive has one question, and one method is enough

is_right(_User, Password) -> Password =:= os:getenv("LOGIN_PASSWORD").
