package dev.gradwire.service.security;

import io.grpc.netty.GrpcSslContexts;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.grpc.util.CertificateUtils;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
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
                () -> {
                    Pair read = Pair.read(certificate, key);
                    identity.updateIdentityCredentials(read.chain(), read.key());
                },
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

    /** A certificate with its chain, and the key that belongs to it. */
    private record Pair(List<X509Certificate> certificates, PrivateKey key) {
        private static final int SAMPLE_BYTES = 32;

        X509Certificate[] chain() {
            return certificates.toArray(X509Certificate[]::new);
        }

        /** @throws GeneralSecurityException also when one of the two is new and the other is not yet */
        static Pair read(Path certificate, Path key) throws IOException, GeneralSecurityException {
            try (InputStream chain = Files.newInputStream(certificate);
                    InputStream secret = Files.newInputStream(key)) {
                Pair pair = new Pair(
                        List.of(CertificateUtils.getX509Certificates(chain)), CertificateUtils.getPrivateKey(secret));
                if (pair.certificates.isEmpty() || !pair.fits()) {
                    throw new GeneralSecurityException("the key is not that of the certificate");
                }
                return pair;
            }
        }

        private boolean fits() throws GeneralSecurityException {
            PublicKey open = certificates.getFirst().getPublicKey();
            String algorithm = switch (key.getAlgorithm()) {
                case "RSA" -> "SHA256withRSA";
                case "EC" -> "SHA256withECDSA";
                default -> key.getAlgorithm();
            };
            byte[] sample = new byte[SAMPLE_BYTES];
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(sample);
            byte[] signed = signature.sign();
            signature.initVerify(open);
            signature.update(sample);
            return open.getAlgorithm().equals(key.getAlgorithm()) && signature.verify(signed);
        }
    }
}
