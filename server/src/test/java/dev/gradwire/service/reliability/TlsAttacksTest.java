package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.service.GradwireServer;
import dev.gradwire.service.ServerConfig;
import dev.gradwire.service.security.Authority;
import dev.gradwire.service.security.Authority.Files3;
import dev.gradwire.service.security.TlsSettings;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows T1 and T2: certificates that change under load, and callers that have none, or the wrong one. */
final class TlsAttacksTest {
    private static final Duration DAY = Duration.ofDays(1);
    private static final int ROTATIONS = 20;
    private static final int RELOAD_MILLIS = 50;

    @TempDir
    private Path folder;

    private Authority authority;
    private Authority stranger;
    private Files3 identity;

    @BeforeEach
    void authorities() {
        authority = new Authority(folder, "authority");
        stranger = new Authority(folder, "stranger");
        identity = authority.issue("server", DAY);
    }

    private ServerConfig config(Path clients) {
        TlsSettings tls =
                new TlsSettings(identity.certificate(), identity.key(), clients, Duration.ofMillis(RELOAD_MILLIS));
        return ServerConfig.DEFAULT.withThreads(1).withSecurity(tls, null);
    }

    private ChannelCredentials client(Authority trusted, Files3 own) throws IOException {
        TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder()
                .trustManager(trusted.certificate().toFile());
        if (own != null) {
            builder.keyManager(own.certificate().toFile(), own.key().toFile());
        }
        return builder.build();
    }

    private static ManagedChannel channel(int port, ChannelCredentials credentials) {
        return Grpc.newChannelBuilder("127.0.0.1:" + port, credentials).build();
    }

    private static void call(ManagedChannel channel) {
        var _ = HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .check(HealthCheckRequest.getDefaultInstance());
    }

    private static void callOnce(ManagedChannel channel) {
        try {
            call(channel);
        } finally {
            channel.shutdownNow();
        }
    }

    /** Calls on one connection, and on a new one each time, until told to stop. */
    private static Thread load(Callable<ManagedChannel> channels, AtomicBoolean on, AtomicInteger good) {
        return Thread.ofPlatform().start(() -> {
            try {
                ManagedChannel kept = channels.call();
                while (on.get()) {
                    call(kept);
                    callOnce(channels.call());
                    good.addAndGet(2);
                    Pause.millis(5);
                }
                kept.shutdownNow();
            } catch (Exception e) {
                on.set(false);
                throw new IllegalStateException("a call failed", e);
            }
        });
    }

    @Test
    void t1NoCallFailsWhileCertificatesChange() throws Exception {
        try (GradwireServer server = GradwireServer.start(config(null))) {
            ChannelCredentials credentials = client(authority, null);
            AtomicBoolean on = new AtomicBoolean(true);
            AtomicInteger good = new AtomicInteger();
            Thread load = load(() -> channel(server.port(), credentials), on, good);
            for (int i = 0; i < ROTATIONS; i++) {
                var _ = authority.issue("server", DAY.plusHours(i + 1));
                Pause.millis(2 * RELOAD_MILLIS);
                if (i == ROTATIONS / 2) {
                    var _ = Authority.replace(identity.certificate(), "-----BEGIN CERTIFICATE-----\nbroken");
                    Pause.millis(4 * RELOAD_MILLIS);
                }
            }
            assertThat(on.get()).as("all calls went well").isTrue();
            on.set(false);
            load.join();
            assertThat(good.get()).isGreaterThan(ROTATIONS / 2);
            Figures.add("T1", "0 of " + good + " calls failed in " + ROTATIONS + " rotations", "0", 0);
        }
    }

    @Test
    void t2NobodyWithoutTheRightCertificateReachesAHandler() throws Exception {
        Files3 good = authority.issue("client", DAY);
        try (GradwireServer server = GradwireServer.start(config(authority.certificate()))) {
            int port = server.port();
            Map<String, ManagedChannel> wrong = new LinkedHashMap<>();
            wrong.put("no certificate", channel(port, client(authority, null)));
            wrong.put("wrong authority", channel(port, client(authority, stranger.issue("foreign", DAY))));
            wrong.put("expired", channel(port, client(authority, authority.issue("expired", DAY.negated()))));
            wrong.put("plain text", channel(port, InsecureChannelCredentials.create()));
            wrong.put(
                    "another name than the server's",
                    Grpc.newChannelBuilder("127.0.0.1:" + port, client(authority, good))
                            .overrideAuthority("elsewhere.example")
                            .build());
            wrong.put("a server of another authority", channel(port, client(stranger, good)));
            for (String protocol : new String[] {"TLSv1", "TLSv1.1", "TLSv1.2"}) {
                wrong.put(
                        protocol,
                        NettyChannelBuilder.forAddress("127.0.0.1", port)
                                .sslContext(GrpcSslContexts.forClient()
                                        .trustManager(authority.certificate().toFile())
                                        .keyManager(
                                                good.certificate().toFile(),
                                                good.key().toFile())
                                        .protocols(protocol)
                                        .build())
                                .build());
            }
            wrong.forEach((what, channel) ->
                    assertThatThrownBy(() -> callOnce(channel)).as(what).isInstanceOf(StatusRuntimeException.class));
            callOnce(channel(port, client(authority, good)));
            Figures.add("T2", wrong.size() + " of " + wrong.size() + " refused", "all", 0);
        }
    }
}
