package dev.gradwire.client;

import dev.gradwire.v1.SessionResponse;
import dev.gradwire.wire.Received;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;

/** Takes answers of a stream so that the data of chunks goes from the transport's memory straight to where it stays. */
final class ResponseMarshaller implements MethodDescriptor.Marshaller<Received<SessionResponse>> {
    @Override
    public InputStream stream(Received<SessionResponse> value) {
        throw new UnsupportedOperationException("a client sends no responses");
    }

    @Override
    public Received<SessionResponse> parse(InputStream stream) {
        try {
            return Received.response(stream);
        } catch (IOException e) {
            throw Status.INTERNAL
                    .withDescription("the answer is no message")
                    .withCause(e)
                    .asRuntimeException();
        }
    }
}
