package dev.gradwire.service.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.gradwire.service.GradwireServer;
import dev.gradwire.service.ServerConfig;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.GetServerInfoRequest;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which tokens open which methods. */
final class TokensTest {
    private static final String ISSUER = "https://issuer.example";
    private static final String AUDIENCE = "gradwire";

    @TempDir
    private Path folder;

    private static ECKey key(String id) throws JOSEException {
        return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
    }

    private static JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .subject("alice")
                .issuer(ISSUER)
                .audience(AUDIENCE)
                .expirationTime(Date.from(Instant.now().plusSeconds(600)));
    }

    private static String signed(ECKey key, JWTClaimsSet claims) throws JOSEException {
        return signed(JWSAlgorithm.ES256, key.getKeyID(), new ECDSASigner(key), claims);
    }

    private static String signed(JWSAlgorithm algorithm, String id, JWSSigner signer, JWTClaimsSet claims)
            throws JOSEException {
        SignedJWT token =
                new SignedJWT(new JWSHeader.Builder(algorithm).keyID(id).build(), claims);
        token.sign(signer);
        return token.serialize();
    }

    private TokenSettings settings(ECKey... keys) throws IOException {
        Path file = folder.resolve("keys.json");
        Files.writeString(file, new JWKSet(java.util.List.<com.nimbusds.jose.jwk.JWK>of(keys)).toString(true));
        return new TokenSettings(file, ISSUER, AUDIENCE, Duration.ofMillis(50));
    }

    private static void call(ManagedChannel channel, String authorization) {
        Metadata headers = new Metadata();
        if (authorization != null) {
            headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
        }
        AutogradServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .getServerInfo(GetServerInfoRequest.getDefaultInstance());
    }

    @Test
    void onlyGoodTokensGetIn() throws Exception {
        ECKey key = key("first");
        ECKey other = key("first");
        Map<String, String> bad = new LinkedHashMap<>();
        bad.put("none", null);
        bad.put("no bearer", signed(key, claims().build()));
        bad.put("garbage", "Bearer x.y.z");
        bad.put("empty", "Bearer ");
        bad.put("another key", "Bearer " + signed(other, claims().build()));
        bad.put(
                "expired",
                "Bearer "
                        + signed(
                                key,
                                claims().expirationTime(Date.from(Instant.now().minusSeconds(600)))
                                        .build()));
        bad.put(
                "not yet",
                "Bearer "
                        + signed(
                                key,
                                claims().notBeforeTime(Date.from(Instant.now().plusSeconds(600)))
                                        .build()));
        bad.put(
                "issuer",
                "Bearer " + signed(key, claims().issuer("https://other.example").build()));
        bad.put("audience", "Bearer " + signed(key, claims().audience("other").build()));
        bad.put("no subject", "Bearer " + signed(key, claims().subject(null).build()));
        bad.put("no end", "Bearer " + signed(key, claims().expirationTime(null).build()));
        bad.put("unsigned", "Bearer " + new PlainJWT(claims().build()).serialize());
        // The public key taken for a shared secret.
        byte[] secret = key.toPublicJWK().toJSONString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        bad.put(
                "shared secret",
                "Bearer " + signed(JWSAlgorithm.HS256, "first", new MACSigner(secret), claims().build()));
        ServerConfig config = ServerConfig.DEFAULT.withThreads(1).withSecurity(null, settings(key.toPublicJWK()));
        try (GradwireServer server = GradwireServer.start(config)) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .usePlaintext()
                    .build();
            bad.forEach((what, token) -> assertThatThrownBy(() -> call(channel, token))
                    .as(what)
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAUTHENTICATED)));
            call(channel, "Bearer " + signed(key, claims().build()));
            call(channel, "bearer " + signed(key, claims().build()));
            assertThat(HealthGrpc.newBlockingStub(channel).check(HealthCheckRequest.getDefaultInstance()))
                    .isNotNull();
            channel.shutdownNow();
        }
    }

    @Test
    void keysChangeWhileServing() throws Exception {
        ECKey first = key("first");
        ECKey second = key("second");
        Tokens tokens = new Tokens(settings(first.toPublicJWK()));
        String token = signed(second, claims().build());
        assertThat(tokens.caller(token)).isEmpty();
        settings(second.toPublicJWK());
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (tokens.caller(token).isEmpty() && System.nanoTime() < end) {
            Thread.sleep(20);
        }
        assertThat(tokens.caller(token)).contains(new Caller("alice"));
        Files.writeString(folder.resolve("keys.json"), "{");
        Thread.sleep(120);
        assertThat(tokens.caller(token)).contains(new Caller("alice"));
    }

    @Test
    void brokenKeysDoNotServe() throws IOException {
        Path file = Files.writeString(folder.resolve("keys.json"), "{");
        TokenSettings settings = new TokenSettings(file, null, null, Duration.ofSeconds(1));
        assertThatThrownBy(() -> GradwireServer.start(ServerConfig.DEFAULT.withSecurity(null, settings)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("JSON Web Key Set");
    }

    @Test
    void tokensAreNotSentInPlainTextOverANetwork() throws Exception {
        TokenSettings settings = settings(key("first").toPublicJWK());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ServerConfig(
                        "0.0.0.0",
                        0,
                        1,
                        1,
                        ServerConfig.DEFAULT.limits(),
                        Duration.ZERO,
                        Duration.ZERO,
                        Duration.ZERO,
                        null,
                        settings,
                        ServerConfig.DEFAULT.telemetry()))
                .withMessageContaining("TLS");
    }
}
