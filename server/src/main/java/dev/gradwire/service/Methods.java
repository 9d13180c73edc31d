package dev.gradwire.service;

import com.google.protobuf.MessageLite;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.function.Function;

/** Marshallers of the server's side of a call, which needs one direction of each. */
final class Methods {
    /** Reads a message; whose bytes are no message is found by the {@link IOException}. */
    interface Reader<T> {
        T read(InputStream stream) throws IOException;
    }

    private Methods() {}

    static <T> Marshaller<T> reading(Reader<T> reader) {
        return new Marshaller<>() {
            @Override
            public InputStream stream(T value) {
                throw new UnsupportedOperationException("a server sends no requests");
            }

            @Override
            public T parse(InputStream stream) {
                try {
                    return reader.read(stream);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    static <T> Marshaller<T> writing(Function<T, InputStream> writer) {
        return new Marshaller<>() {
            @Override
            public InputStream stream(T value) {
                return writer.apply(value);
            }

            @Override
            public T parse(InputStream stream) {
                throw new UnsupportedOperationException("a server reads no answers");
            }
        };
    }

    static <Q, A> MethodDescriptor<Q, A> method(
            MethodDescriptor<? extends MessageLite, ? extends MessageLite> generated,
            Marshaller<Q> requests,
            Marshaller<A> answers) {
        return generated.toBuilder(requests, answers).build();
    }
}
