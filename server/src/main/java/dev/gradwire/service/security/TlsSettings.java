package dev.gradwire.service.security;

import io.grpc.netty.GrpcSslContexts;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.3 with files that may change while the server runs: handshakes from the next reload on see what is new, open
 * connections go on. Files that cannot be read leave what was there before, with a warning in the log.
 *
 * @param certificate PEM file with the server's certificate and its chain
 * @param key PEM file with the certificate's private key, PKCS #8
 * @param clientAuthorities PEM file with the authorities of clients' certificates, which are then required (mutual TLS);
 *     null for clients without certificates
 * @param reload how often the files are looked at
 */
public record TlsSettings(
        Path certificate, Path key, @Nullable Path clientAuthorities, Duration reload) {
    private static final String PROTOCOL = "TLSv1.3";

    public TlsSettings {
        if (reload.toMillis() < 1) {
            throw new IllegalArgumentException("the time between two reloads of certificates must be positive");
        }
    }

    /**
     * The context for a server.
     *
     * @param scheduler that reads the files again until it is shut down
     * @throws IOException when a file cannot be read
     * @throws GeneralSecurityException when one holds no such certificate or key
     */
    public SslContext context(ScheduledExecutorService scheduler) throws IOException, GeneralSecurityException {
        AdvancedTlsX509KeyManager identity = new AdvancedTlsX509KeyManager();
        Reload.schedule(
                List.of(certificate, key),
                () -> identity.updateIdentityCredentials(certificate.toFile(), key.toFile()),
                reload,
                scheduler);
        SslContextBuilder builder = GrpcSslContexts.configure(SslContextBuilder.forServer(identity), SslProvider.JDK)
                .protocols(PROTOCOL);
        Path authorities = clientAuthorities;
        if (authorities != null) {
            AdvancedTlsX509TrustManager trust = AdvancedTlsX509TrustManager.newBuilder()
                    .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION) // clients have no host name
                    .build();
            Reload.schedule(
                    List.of(authorities), () -> trust.updateTrustCredentials(authorities.toFile()), reload, scheduler);
            builder.trustManager(trust).clientAuth(ClientAuth.REQUIRE);
        }
        return builder.build();
    }
}
