package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.gradwire.service.GradwireServer;
import dev.gradwire.service.ServerConfig;
import dev.gradwire.service.security.TokenSettings;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Row T3: every method that the server serves, and some that it does not, called by all sorts of callers. The table is
 * written down here a second time on purpose: whoever opens a method to others changes two places.
 */
final class PolicyTest {
    private static final Set<String> FOR_ANYONE = Set.of("grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch");

    private static final Set<String> FOR_KNOWN = Set.of(
            "gradwire.v1.AutogradService/Run",
            "gradwire.v1.AutogradService/Session",
            "gradwire.v1.AutogradService/Plan",
            "gradwire.v1.AutogradService/GetServerInfo",
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "xds.service.orca.v3.OpenRcaService/StreamCoreMetrics");

    /** What other servers have, and names near to those that are served. */
    private static final List<String> NOT_SERVED = List.of(
            "gradwire.v1.AutogradService/Shutdown",
            "gradwire.v1.AutogradService/run",
            "gradwire.v1.AutogradService//Run",
            "gradwire.v1.AutogradService/Run/",
            "gradwire.v1.AdminService/Run",
            "grpc.channelz.v1.Channelz/GetServers",
            "grpc.health.v1.Health/List",
            "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");

    @TempDir
    private Path folder;

    private static String token(ECKey key, Map<String, Object> claims) throws JOSEException {
        JWTClaimsSet.Builder set = new JWTClaimsSet.Builder()
                .subject("alice")
                .expirationTime(Date.from(Instant.now().plusSeconds(600)));
        claims.forEach(set::claim);
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(), set.build());
        token.sign(new ECDSASigner(key));
        return "Bearer " + token.serialize();
    }

    private static Code call(ManagedChannel channel, String method, String authorization) {
        Metadata headers = new Metadata();
        if (authorization != null) {
            headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
        }
        MethodDescriptor<byte[], byte[]> descriptor = MethodDescriptor.newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
                .setFullMethodName(method)
                .setType(MethodType.SERVER_STREAMING)
                .build();
        try {
            Iterator<byte[]> answers = ClientCalls.blockingServerStreamingCall(
                    MetadataUtils.newAttachHeadersInterceptor(headers)
                            .interceptCall(
                                    descriptor, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS), channel),
                    new byte[0]);
            if (answers.hasNext()) {
                answers.next(); // Watch goes on: one answer will do
            }
            return Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    @Test
    void t3EveryMethodIsForThoseOfTheTableOnly() throws IOException, JOSEException {
        ECKey key = new ECKeyGenerator(Curve.P_256).keyID("key").generate();
        ECKey other = new ECKeyGenerator(Curve.P_256).keyID("key").generate();
        Path keys = Files.writeString(folder.resolve("keys.json"), new JWKSet(key.toPublicJWK()).toString());
        Map<String, String> callers = new TreeMap<>();
        callers.put("user", token(key, Map.of()));
        callers.put("admin", token(key, Map.of("scope", "admin", "roles", List.of("admin"))));
        callers.put("forger", token(other, Map.of("scope", "admin")));
        callers.put("anonymous", null);
        ServerConfig config = ServerConfig.DEFAULT
                .withThreads(1)
                .withSecurity(null, new TokenSettings(keys, null, null, Duration.ofSeconds(60)));
        int calls = 0;
        try (GradwireServer server = GradwireServer.start(config)) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .usePlaintext()
                    .build();
            Set<String> served = server.methods();
            assertThat(served).containsExactlyInAnyOrderElementsOf(union());
            for (Map.Entry<String, String> caller : callers.entrySet()) {
                boolean known =
                        caller.getKey().equals("user") || caller.getKey().equals("admin");
                for (String method : served) {
                    Code code = call(channel, method, caller.getValue());
                    String what = caller.getKey() + " calls " + method;
                    if (known || FOR_ANYONE.contains(method)) {
                        assertThat(code).as(what).isNotIn(Code.UNAUTHENTICATED, Code.PERMISSION_DENIED);
                    } else {
                        assertThat(code).as(what).isEqualTo(Code.UNAUTHENTICATED);
                    }
                    calls++;
                }
                for (String method : NOT_SERVED) {
                    assertThat(call(channel, method, caller.getValue()))
                            .as(caller.getKey() + " calls " + method)
                            .isIn(Code.UNIMPLEMENTED, Code.UNAUTHENTICATED);
                    calls++;
                }
            }
            channel.shutdownNow();
        }
        Figures.add("T3 by gRPC", calls + " of " + calls + " calls as the table says", "all", 0);
    }

    private static Set<String> union() {
        Set<String> all = new TreeSet<>(FOR_ANYONE);
        all.addAll(FOR_KNOWN);
        return all;
    }
}
