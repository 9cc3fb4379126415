import java.nio.file.Path;
import java.util.List;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import com.sun.source.util.JavacTask;

/** Parses a file, and doesn't ask whether its names exist. */
class Parse {
    public static void main(String[] arguments) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        var files = compiler.getStandardFileManager(found, null, null);
        var task = (JavacTask) compiler.getTask(null, files, found, List.of(), null, files.getJavaFileObjects(Path.of(arguments[0])));
        task.parse();
        for (Diagnostic<?> one : found.getDiagnostics()) {
            if (one.getKind() == Diagnostic.Kind.ERROR) {
                System.err.println(one);
                System.exit(1);
            }
        }
    }
}
