package dev.gradwire.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.NamedTensor;
import dev.gradwire.v1.Options;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.RunRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A RunRequest of which only the inputs have been parsed. What is left is the same from call to call, and its bytes are
 * enough to find the program ready.
 */
record RunCall(Key key, List<NamedTensor> inputs) {
    private static final int PROGRAM = tag(RunRequest.PROGRAM_FIELD_NUMBER);
    private static final int INPUTS = tag(RunRequest.INPUTS_FIELD_NUMBER);
    private static final int BACKWARD = tag(RunRequest.BACKWARD_FIELD_NUMBER);
    private static final int OPTIONS = tag(RunRequest.OPTIONS_FIELD_NUMBER);

    /** @param backward null where there is none, which is not the same as an empty one */
    record Key(ByteString program, @Nullable ByteString backward, ByteString options) {
        Program parsedProgram() throws InvalidProtocolBufferException {
            return Program.parseFrom(program);
        }

        @Nullable
        Backward parsedBackward() throws InvalidProtocolBufferException {
            return backward == null ? null : Backward.parseFrom(backward);
        }

        Options parsedOptions() throws InvalidProtocolBufferException {
            return Options.parseFrom(options);
        }

        int sizeInBytes() {
            return program.size() + (backward == null ? 0 : backward.size()) + options.size();
        }

        /** One that does not hold on to the rest of its message. */
        Key copy() {
            return new Key(copy(program), backward == null ? null : copy(backward), copy(options));
        }

        private static ByteString copy(ByteString bytes) {
            return UnsafeByteOperations.unsafeWrap(bytes.toByteArray());
        }
    }

    private static int tag(int field) {
        return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }

    /** @throws IOException when it is no such message as far as it is read here, or cannot be unpacked */
    static RunCall parse(InputStream stream) throws IOException {
        int known = stream.available();
        byte[] bytes = stream.readNBytes(known);
        if (stream.available() > 0 || known == 0) {
            bytes = ByteString.copyFrom(bytes)
                    .concat(ByteString.readFrom(stream))
                    .toByteArray();
        }
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
        in.enableAliasing(true); // nobody else has the array
        ByteString program = ByteString.EMPTY;
        ByteString backward = null;
        ByteString options = ByteString.EMPTY;
        List<NamedTensor> inputs = new ArrayList<>();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            // A field that comes again is merged, which for messages is what appending their bytes means.
            if (tag == PROGRAM) {
                program = program.concat(in.readBytes());
            } else if (tag == INPUTS) {
                inputs.add(in.readMessage(NamedTensor.parser(), ExtensionRegistryLite.getEmptyRegistry()));
            } else if (tag == BACKWARD) {
                backward = backward == null ? in.readBytes() : backward.concat(in.readBytes());
            } else if (tag == OPTIONS) {
                options = options.concat(in.readBytes());
            } else if (!in.skipField(tag)) {
                throw new IOException("the message ends with a group's end");
            }
        }
        return new RunCall(new Key(program, backward, options), inputs);
    }
}
