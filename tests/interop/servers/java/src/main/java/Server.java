import java.nio.file.Path;
import java.util.List;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.UserAuthNoneFactory;
import org.apache.sshd.server.auth.keyboard.InteractiveChallenge;
import org.apache.sshd.server.auth.keyboard.KeyboardInteractiveAuthenticator;
import org.apache.sshd.server.auth.keyboard.UserAuthKeyboardInteractiveFactory;
import org.apache.sshd.server.auth.password.UserAuthPasswordFactory;
import org.apache.sshd.server.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.server.config.keys.AuthorizedKeysAuthenticator;
import org.apache.sshd.server.session.ServerSession;
import org.apache.sshd.server.shell.ProcessShellCommandFactory;
import org.apache.sshd.server.shell.ProcessShellFactory;

/** A server on Apache MINA SSHD that runs commands: PORT AUTHORIZED_KEYS WAY (servers.py) */
public final class Server {
  private static final String PASSWORD = System.getenv("LOGIN_PASSWORD");
  private static final String CODE = System.getenv("LOGIN_CODE");

  public static void main(String[] arguments) throws Exception {
    SshServer server = SshServer.setUpDefaultServer();
    server.setHost("127.0.0.1");
    server.setPort(Integer.parseInt(arguments[0]));
    java.security.KeyPairGenerator generator = SecurityUtils.getKeyPairGenerator("RSA");
    generator.initialize(3072);
    server.setKeyPairProvider(KeyPairProvider.wrap(generator.generateKeyPair()));
    server.setPublickeyAuthenticator(new AuthorizedKeysAuthenticator(Path.of(arguments[1])));
    server.setPasswordAuthenticator((user, password, session) -> password.equals(PASSWORD));
    choose(server, arguments[2]);
    // Its own factory splits words without a shell.
    server.setCommandFactory((channel, command) ->
        new ProcessShellFactory(command, "/bin/sh", "-c", command).createShell(channel));
    server.start();
    Thread.currentThread().join();
  }

  /** What a way of logging in asks for. */
  private static void choose(SshServer server, String way) {
    switch (way) {
      case "keys", "token" -> server.setUserAuthFactories(List.of(UserAuthPublicKeyFactory.INSTANCE));
      case "password" -> server.setUserAuthFactories(List.of(UserAuthPasswordFactory.INSTANCE));
      case "interactive" -> ask(server, List.of("Password: "), List.of(PASSWORD));
      case "code" -> ask(server, List.of("Password: ", "Verification code: "), List.of(PASSWORD, CODE));
      case "open" -> server.setUserAuthFactories(List.of(UserAuthNoneFactory.INSTANCE));
      case "several" -> {
        server.setUserAuthFactories(
            List.of(UserAuthPublicKeyFactory.INSTANCE, UserAuthPasswordFactory.INSTANCE));
        CoreModuleProperties.AUTH_METHODS.set(server, "publickey,password");
      }
      case "steps" -> {
        ask(server, List.of("Verification code: "), List.of(CODE));
        server.setUserAuthFactories(
            List.of(UserAuthPasswordFactory.INSTANCE, UserAuthKeyboardInteractiveFactory.INSTANCE));
        CoreModuleProperties.AUTH_METHODS.set(server, "password,keyboard-interactive");
      }
      default -> System.exit(3); // it takes a certificate for a key, and fails
    }
  }

  /** One round of questions. */
  private static void ask(SshServer server, List<String> questions, List<String> right) {
    server.setUserAuthFactories(List.of(UserAuthKeyboardInteractiveFactory.INSTANCE));
    server.setKeyboardInteractiveAuthenticator(new KeyboardInteractiveAuthenticator() {
      @Override
      public InteractiveChallenge generateChallenge(
          ServerSession session, String user, String language, String methods) {
        InteractiveChallenge challenge = new InteractiveChallenge();
        challenge.setInteractionName("");
        challenge.setInteractionInstruction("");
        challenge.setLanguageTag("");
        questions.forEach(question -> challenge.addPrompt(question, false));
        return challenge;
      }

      @Override
      public boolean authenticate(ServerSession session, String user, List<String> answers) {
        return answers.equals(right);
      }
    });
  }

  private Server() {}
}
