import java.nio.file.Path;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.config.keys.AuthorizedKeysAuthenticator;
import org.apache.sshd.server.shell.ProcessShellCommandFactory;
import org.apache.sshd.server.shell.ProcessShellFactory;

/** A server on Apache MINA SSHD that runs commands: PORT AUTHORIZED_KEYS */
public final class Server {
  public static void main(String[] arguments) throws Exception {
    SshServer server = SshServer.setUpDefaultServer();
    server.setHost("127.0.0.1");
    server.setPort(Integer.parseInt(arguments[0]));
    java.security.KeyPairGenerator generator = SecurityUtils.getKeyPairGenerator("RSA");
    generator.initialize(3072);
    server.setKeyPairProvider(KeyPairProvider.wrap(generator.generateKeyPair()));
    server.setPublickeyAuthenticator(new AuthorizedKeysAuthenticator(Path.of(arguments[1])));
    // Its own factory splits words without a shell.
    server.setCommandFactory((channel, command) ->
        new ProcessShellFactory(command, "/bin/sh", "-c", command).createShell(channel));
    server.start();
    Thread.currentThread().join();
  }

  private Server() {}
}
