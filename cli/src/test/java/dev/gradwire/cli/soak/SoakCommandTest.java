package dev.gradwire.cli.soak;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.gradwire.cli.ProjectRoot;
import dev.gradwire.cli.soak.SoakCommand.Outcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class SoakCommandTest {
    private static List<Outcome> outcomes() {
        Trial trial = new Trial(1, 5);
        trial.atMost("ratio", 2.5, 2, "");
        trial.none("leases left", 0);
        trial.note("calls", 1000, "");
        return List.of(new Outcome(SoakCommand.rows().getFirst(), trial.figures()));
    }

    @Test
    void everyRowIsOnThePage() throws IOException {
        String page = Files.readString(ProjectRoot.find().resolve("docs/reliability.md"));
        for (Row row : SoakCommand.rows()) {
            assertThat(page).contains("| " + row.id() + " |").contains("`soak --row " + row.id() + "`");
        }
    }

    @Test
    void theTableSaysWhatHolds() {
        List<String> lines = SoakCommand.table(outcomes(), 5);
        assertThat(lines.get(1)).isEqualTo("seed 5");
        assertThat(lines.get(4).strip()).startsWith("ratio").endsWith("no").contains("2.50", "≤ 2");
        assertThat(lines.get(5).strip()).startsWith("leases left").endsWith("yes");
        assertThat(lines.get(6).strip()).startsWith("calls").endsWith("1000");
    }

    @Test
    void jsonHasTheFieldsThatToolsRead() {
        JsonObject first = JsonParser.parseString(SoakCommand.json(outcomes(), 5))
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject();
        assertThat(first.keySet()).containsExactly("row", "fault", "figure", "value", "unit", "limit", "held", "seed");
        assertThat(first.get("held").getAsBoolean()).isFalse();
    }

    @Test
    void aRowThatThereIsNotIsWrongUsage() {
        int status = new CommandLine(new SoakCommand())
                .setErr(new PrintWriter(Writer.nullWriter()))
                .execute("--row", "Z9");
        assertThat(status).isEqualTo(CommandLine.ExitCode.USAGE);
    }
}
