package dev.gradwire.cli.soak;

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
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** L7: one caller, known by its token, asks a hundred times as often as another. */
final class NoisyTenant implements Row {
    private static final double QUIET_RATE = 5;
    private static final double FACTOR = 100;
    private static final int SIDE = 128;
    private static final int PRODUCTS = 8;
    private static final double DEADLINE_SECONDS = 10;

    @Override
    public String id() {
        return "L7";
    }

    @Override
    public String fault() {
        return "one tenant asks 100 times as often as another";
    }

    @Override
    public int weight() {
        return 3;
    }

    @Override
    public void run(Trial trial) throws Exception {
        ECKey key = new ECKeyGenerator(Curve.P_256).keyID("soak").generate();
        Path keys = Files.createTempFile("gradwire-soak", ".jwks");
        Files.writeString(keys, new JWKSet(key.toPublicJWK()).toString());
        try (ServerProcess server =
                        ServerProcess.start(List.of("-Xmx512m"), "--threads=1", "--lanes=2", "--jwks=" + keys);
                ExecutorService other = Executors.newSingleThreadExecutor()) {
            ManagedChannel quietChannel = Load.connect(server.port());
            ManagedChannel noisyChannel = Load.connect(server.port());
            Load quiet = load(quietChannel, token(key, "quiet"));
            Load noisy = load(noisyChannel, token(key, "noisy"));
            trial.begin();
            double part = trial.left() / 11;
            quiet.closed(2, Integer.MAX_VALUE, part);
            Load.Ends alone = quiet.at(QUIET_RATE, 4 * part);
            Future<Load.Ends> noise = other.submit(() -> noisy.at(QUIET_RATE * FACTOR, 5 * part));
            Thread.sleep((long) (part / 2 * 1000));
            Load.Ends disturbed = quiet.at(QUIET_RATE, 4 * part);
            Load.Ends loud = noise.get();
            quietChannel.shutdownNow();
            noisyChannel.shutdownNow();

            trial.note("p99 alone", alone.good(0.99), "ms");
            trial.note("p99 beside the other", disturbed.good(0.99), "ms");
            trial.atMost("ratio of p99", disturbed.good(0.99) / alone.good(0.99), 2, "");
            trial.none("calls refused", disturbed.total() - disturbed.count(Code.OK));
            trial.note("the other's calls answered", loud.count(Code.OK), "");
            trial.note("the other's calls refused", loud.total() - loud.count(Code.OK), "");
        } finally {
            Files.deleteIfExists(keys);
        }
    }

    private static Load load(ManagedChannel channel, CallCredentials token) {
        return new Load(
                channel,
                CallOptions.DEFAULT.withCallCredentials(token),
                Requests.products(SIDE, PRODUCTS),
                _ -> true,
                DEADLINE_SECONDS);
    }

    private static CallCredentials token(ECKey key, String subject) throws JOSEException {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(),
                new JWTClaimsSet.Builder()
                        .subject(subject)
                        .expirationTime(Date.from(Instant.now().plusSeconds(86_400)))
                        .build());
        token.sign(new ECDSASigner(key));
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token.serialize());
        return new CallCredentials() {
            @Override
            public void applyRequestMetadata(RequestInfo request, Executor executor, MetadataApplier applier) {
                applier.apply(headers);
            }
        };
    }
}
