#!/usr/bin/env escript
%% A server on Erlang/OTP's ssh that runs commands: PORT FOLDER (host keys, authorized_keys) WAY (servers.py)
main([Port, Folder, Way]) ->
    Secret = os:getenv("LOGIN_PASSWORD"),
    Login = login(Way, {pwdfun, fun(_User, Password) -> Password =:= Secret end}),
    true = code:add_patha(Folder),  % has commands.beam
    {ok, _} = application:ensure_all_started(ssh),
    {ok, _} = ssh:daemon({127, 0, 0, 1}, list_to_integer(Port),
                         [{system_dir, Folder}, {user_dir, Folder}, {ssh_cli, {commands, []}} | Login]),
    receive stop -> ok end.

login("keys", _) -> [{auth_methods, "publickey"}];
login("password", IsRight) -> [{auth_methods, "password"}, IsRight];
login("interactive", IsRight) -> [{auth_methods, "keyboard-interactive"}, IsRight];
login("open", _) -> [{no_auth_needed, true}];
login(_, _) -> halt(3).  % keyboard-interactive has one question, and one method is enough
