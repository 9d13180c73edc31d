package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Options from the command line, the environment and a file. */
final class SettingsTest {
    @TempDir
    private Path folder;

    private final CommandLine command = ServeCommand.commandLine();
    private final CommandSpec spec = command.getCommandSpec();

    private void read(String file, Map<String, String> environment, String... args) throws IOException {
        Path path = file.isEmpty() ? null : Files.writeString(folder.resolve("server.properties"), file);
        Settings.read(spec, environment, path).applyTo(spec, command.parseArgs(args));
    }

    private Object value(String option) {
        return spec.findOption(option).getValue();
    }

    @Test
    void theCommandLineComesFirstThenTheEnvironment() throws IOException {
        read(
                "port=4\nlanes=4\nthreads=4\nmax-flops=4\n",
                Map.of("GRADWIRE_PORT", "3", "GRADWIRE_LANES", "3", "GRADWIRE_LIBTORCH", "elsewhere"),
                "--port",
                "2");
        assertThat(value("--port")).isEqualTo(2);
        assertThat(value("--lanes")).isEqualTo(3);
        assertThat(value("--threads")).isEqualTo(4);
        assertThat(value("--max-flops")).isEqualTo(4L);
        assertThat(value("--grace")).isEqualTo(30);
    }

    @ParameterizedTest
    @CsvSource({"prot=1, 'prot'", "port=many, '--port'", "config=x, 'config'"})
    void whatCannotBeIsRefused(String file, String named) {
        assertThatThrownBy(() -> read(file, Map.of()))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining(named.replace("'", ""));
    }

    @Test
    void aFileThatIsNotThereIsRefused() {
        assertThatThrownBy(() -> Settings.read(spec, Map.of(), folder.resolve("missing")))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining("missing");
    }
}
