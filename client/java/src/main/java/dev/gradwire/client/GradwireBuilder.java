package dev.gradwire.client;

import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.TlsChannelCredentials;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Settings of a client. */
public final class GradwireBuilder {
    private final String target;
    private ChannelCredentials credentials = InsecureChannelCredentials.create();
    private @Nullable Channel channel;
    private Duration deadline = Duration.ofMinutes(1);
    private RunOptions options = RunOptions.defaults();
    private Resilience resilience = Resilience.defaults();

    GradwireBuilder(String target) {
        this.target = target;
    }

    /** Encrypts, trusting the authorities that Java trusts. */
    public GradwireBuilder tls() {
        return credentials(TlsChannelCredentials.create());
    }

    /** Credentials of your own, such as {@link TlsChannelCredentials} with a client certificate. */
    public GradwireBuilder credentials(ChannelCredentials chosen) {
        credentials = chosen;
        return this;
    }

    /**
     * A channel of your own, with its interceptors; target, credentials and {@link #resilience} are its business then,
     * but for attempts at what goes in chunks, and closing the client leaves it open.
     */
    public GradwireBuilder channel(Channel chosen) {
        channel = chosen;
        return this;
    }

    /** The longest that a call, or one answer in a session, may take; a minute where nothing is said. */
    public GradwireBuilder deadline(Duration longest) {
        deadline = longest;
        return this;
    }

    /** How graphs are run. */
    public GradwireBuilder options(RunOptions chosen) {
        options = chosen;
        return this;
    }

    /** What is done about servers that cannot be reached. */
    public GradwireBuilder resilience(Resilience chosen) {
        resilience = chosen;
        return this;
    }

    /** Makes the client; a connection is opened with the first call. */
    public Gradwire build() {
        if (channel != null) {
            return new Gradwire(null, new Transport(channel, deadline, resilience), options);
        }
        ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(target, credentials);
        ServiceConfig.apply(resilience, builder);
        ManagedChannel made = builder.build();
        return new Gradwire(made, new Transport(made, deadline, resilience), options);
    }
}
