package dev.gradwire.service.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.service.GradwireServer;
import dev.gradwire.service.ServerConfig;
import dev.gradwire.service.security.Authority.Files3;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.GetServerInfoRequest;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets a connection, and which certificate is shown while certificates change. */
final class TlsTest {
    private static final Duration DAY = Duration.ofDays(1);

    @TempDir
    private Path folder;

    private Authority authority;
    private Authority stranger;
    private Files3 server;

    @BeforeEach
    void authorities() {
        authority = new Authority(folder, "authority");
        stranger = new Authority(folder, "stranger");
        server = authority.issue("server", DAY);
    }

    private ServerConfig config(Path clients) {
        TlsSettings tls = new TlsSettings(server.certificate(), server.key(), clients, Duration.ofMillis(50));
        return ServerConfig.DEFAULT.withThreads(1).withSecurity(tls, null);
    }

    private void withServer(ServerConfig config, Consumer<Integer> body) throws IOException {
        try (GradwireServer running = GradwireServer.start(config)) {
            body.accept(running.port());
        }
    }

    private ChannelCredentials client(Files3 identity) throws IOException {
        TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder()
                .trustManager(authority.certificate().toFile());
        if (identity != null) {
            builder.keyManager(identity.certificate().toFile(), identity.key().toFile());
        }
        return builder.build();
    }

    private static void call(int port, ChannelCredentials credentials) {
        call(Grpc.newChannelBuilder("127.0.0.1:" + port, credentials).build());
    }

    private static void call(ManagedChannel channel) {
        try {
            AutogradServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .getServerInfo(GetServerInfoRequest.getDefaultInstance());
        } finally {
            channel.shutdownNow();
        }
    }

    private static void refused(int port, ChannelCredentials credentials) {
        assertThatThrownBy(() -> call(port, credentials)).isInstanceOf(StatusRuntimeException.class);
    }

    @Test
    void onlyThoseWithTheRightCertificateGetIn() throws IOException {
        Files3 good = authority.issue("client", DAY);
        Files3 expired = authority.issue("expired", Duration.ofDays(-1));
        Files3 foreign = stranger.issue("foreign", DAY);
        withServer(config(authority.certificate()), port -> {
            try {
                call(port, client(good));
                refused(port, client(null));
                refused(port, client(expired));
                refused(port, client(foreign));
                refused(port, InsecureChannelCredentials.create());
                assertThatThrownBy(() -> call(NettyChannelBuilder.forAddress("127.0.0.1", port)
                                .sslContext(GrpcSslContexts.forClient()
                                        .trustManager(authority.certificate().toFile())
                                        .keyManager(
                                                good.certificate().toFile(),
                                                good.key().toFile())
                                        .protocols("TLSv1.2")
                                        .build())
                                .build()))
                        .isInstanceOf(StatusRuntimeException.class);
                call(port, client(good));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void aServerOfAnotherAuthorityIsNotTrusted() throws IOException {
        withServer(config(null), port -> {
            try {
                call(port, client(null));
                refused(
                        port,
                        TlsChannelCredentials.newBuilder()
                                .trustManager(stranger.certificate().toFile())
                                .build());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void certificatesChangeWhileServing() throws IOException {
        withServer(config(null), port -> {
            X509Certificate first = shown(port);
            for (int i = 0; i < 3; i++) {
                X509Certificate before = shown(port);
                authority.issue("server", DAY.plusHours(i + 1));
                eventually(() -> !shown(port).equals(before));
            }
            X509Certificate last = shown(port);
            assertThat(last).isNotEqualTo(first);
            Authority.replace(server.certificate(), "-----BEGIN CERTIFICATE-----\nbroken");
            sleep(300);
            assertThat(shown(port)).isEqualTo(last);
            authority.issue("server", DAY);
            eventually(() -> !shown(port).equals(last));
        });
    }

    @Test
    void brokenFilesDoNotServe() {
        Authority.replace(server.certificate(), "nothing");
        assertThatThrownBy(() -> GradwireServer.start(config(null)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("certificate");
    }

    /** The certificate that a new handshake gets to see. */
    private static X509Certificate shown(int port) {
        try {
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(null, new TrustManager[] {new Everything()}, null);
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
                socket.startHandshake();
                return (X509Certificate) socket.getSession().getPeerCertificates()[0];
            }
        } catch (IOException | java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void eventually(java.util.function.BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() < end) {
            sleep(20);
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private static void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** This test only wants to see what is shown. */
    private static final class Everything implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
